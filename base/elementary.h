#pragma once
/* exp and log from + - * / alone, in a fixed order, so that every processor and compiler gives the
 * same bits (libm differs between processors). Relative error below 2e-15 in the ranges used. */

/* e^x. Below -700 gives 0, above 700 gives e^700: no infinity leaves this function. */
double elementary_exp(double x);

/* Natural logarithm of a finite x > 0. */
double elementary_log(double x);

/* Quantile of the standard normal distribution, 0 < p < 1. Relative error below 1e-9
 * (rational approximations of P. J. Acklam's form, one Newton-free pass). */
double elementary_normal_quantile(double p);

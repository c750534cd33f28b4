#pragma once
/* The 64-bit hash that guards stored blocks: XXH64 as published (xxHash fast digest algorithm,
 * rev. 0.1.1), so that anyone can check it with other tools. Not for hostile collisions. */

#include <stddef.h>
#include <stdint.h>

/* Hash of `bytes[0..size)`; `bytes` may be NULL where size is 0. Chain pieces by giving the hash of
 * what stands before as `seed`. The same on every processor. */
uint64_t hash64(const void *bytes, size_t size, uint64_t seed);

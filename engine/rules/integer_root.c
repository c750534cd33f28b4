#include "engine/rules/integer_root.h"

/* A guess in floating point, made exact. */
int128 integer_root_ceil(int128 n) {
    if (n <= 0)
        return 0;
    int128 root = (int128)__builtin_sqrtl((long double)n);
    while (root > 0 && (root - 1) * (root - 1) >= n)
        root--;
    while (root * root < n)
        root++;
    return root;
}

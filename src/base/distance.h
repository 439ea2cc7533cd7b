/* How far apart two words are, to find the one that was meant. */
#ifndef ACC_BASE_DISTANCE_H
#define ACC_BASE_DISTANCE_H

#include <stddef.h>

/* Longer words are not compared. */
#define ACC_DISTANCE_LONGEST 255

/* Optimal string alignment distance: insertions, deletions, substitutions and swaps of neighbours
 * each cost one. SIZE_MAX if a word is longer than ACC_DISTANCE_LONGEST. */
size_t acc_distance(const char *a, const char *b);

#endif

/* What screens are compared with. */
#ifndef ACC_TEST_SCREENS_SUPPORT_H
#define ACC_TEST_SCREENS_SUPPORT_H

/* Fails unless tests/data/screens/NAME.txt has this very text. With ACC_WRITE_SCREENS=1 it is
 * written there: read the difference before it is kept. */
void compare_screen(const char *name, const char *text);

#endif

#include <stdio.h>
int main(void) { char b[100]; printf("nom : "); fflush(stdout); if (!gets(b)) return 1; printf("Bonjour %s\n", b); return 0; }

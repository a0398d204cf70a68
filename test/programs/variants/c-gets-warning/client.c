#include <stdio.h>
int main(void) { char name[20]; printf("name: "); gets(name); printf("hello %s\n", name); return 0; }

#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include <arpa/inet.h>
int main(void) {
  int s = socket(AF_INET, SOCK_STREAM, 0), one = 1; struct sockaddr_in a = {0};
  setsockopt(s, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
  a.sin_family = AF_INET; a.sin_port = htons(5000); bind(s, (struct sockaddr *)&a, sizeof a); listen(s, 1);
  puts("ready");
  int c = accept(s, 0, 0); char b[100] = {0};
  for (;;) { ssize_t n = read(c, b, 99); if (n > 0) b[n] = 0; printf("got %s\n", b); }
}

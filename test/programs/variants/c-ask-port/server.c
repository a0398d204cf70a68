#include <stdio.h>
#include <unistd.h>
#include <arpa/inet.h>
int main(void) {
  int port = 0, one = 1; printf("port? "); scanf("%d", &port);
  int s = socket(AF_INET, SOCK_STREAM, 0); struct sockaddr_in a = {0};
  setsockopt(s, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
  a.sin_family = AF_INET; a.sin_port = htons(port); bind(s, (struct sockaddr *)&a, sizeof a); listen(s, 1);
  int c = accept(s, 0, 0); char b[100]; ssize_t n = read(c, b, 99); b[n > 0 ? n : 0] = 0; printf("got %s\n", b); write(c, "ok", 2);
  return 0;
}

#include <stdio.h>
#include <unistd.h>
#include <arpa/inet.h>
int main(void) {
  int s = socket(AF_INET, SOCK_STREAM, 0), one = 1; struct sockaddr_in a = {0};
  setsockopt(s, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
  a.sin_family = AF_INET; a.sin_port = htons(5000); bind(s, (struct sockaddr *)&a, sizeof a); listen(s, 1);
  puts("ready");
  int c = accept(s, 0, 0); char *volatile b = 0, in[100]; ssize_t n = read(c, in, 99); b[n] = 0; printf("got %s\n", in); return 0;
}

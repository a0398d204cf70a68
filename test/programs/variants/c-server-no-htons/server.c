#include <stdio.h>
#include <unistd.h>
#include <arpa/inet.h>
int main(void) {
  int s = socket(AF_INET, SOCK_STREAM, 0);
  struct sockaddr_in a = {0};
  a.sin_family = AF_INET; a.sin_addr.s_addr = INADDR_ANY; a.sin_port = 7999;
  if (bind(s, (struct sockaddr *)&a, sizeof a) || listen(s, 5)) { perror("bind"); return 1; }
  puts("waiting for a client");
  int c = accept(s, 0, 0); char b[100]; ssize_t n = read(c, b, 99); b[n > 0 ? n : 0] = 0; puts(b); return 0;
}

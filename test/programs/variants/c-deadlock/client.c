#include <stdio.h>
#include <unistd.h>
#include <arpa/inet.h>
int main(void) {
  int s = socket(AF_INET, SOCK_STREAM, 0); struct sockaddr_in a = {0};
  a.sin_family = AF_INET; a.sin_port = htons(5000); a.sin_addr.s_addr = inet_addr("192.168.100.4");
  if (connect(s, (struct sockaddr *)&a, sizeof a)) { perror("connect"); return 1; }
  char b[100]; ssize_t n = read(s, b, 99); b[n > 0 ? n : 0] = 0; printf("server says %s\n", b);
  write(s, "hello", 5); return 0;
}

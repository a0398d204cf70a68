#include <stdio.h>
#include <arpa/inet.h>
int main(void) {
  int s = socket(AF_INET, SOCK_DGRAM, 0); struct sockaddr_in a = {0};
  a.sin_family = AF_INET; a.sin_port = htons(9000); bind(s, (struct sockaddr *)&a, sizeof a);
  char b[100]; ssize_t n = recvfrom(s, b, 99, 0, 0, 0); printf("got %d bytes\n", (int)n); return 0;
}

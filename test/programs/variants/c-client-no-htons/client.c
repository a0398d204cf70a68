#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include <arpa/inet.h>
int main(void) {
  int s = socket(AF_INET, SOCK_STREAM, 0);
  struct sockaddr_in a = {0};
  a.sin_family = AF_INET; a.sin_port = 7999; a.sin_addr.s_addr = inet_addr("192.168.100.4");
  if (connect(s, (struct sockaddr *)&a, sizeof a) < 0) { perror("connect"); return 1; }
  char line[100]; printf("message: "); fflush(stdout); fgets(line, 100, stdin); write(s, line, strlen(line)); return 0;
}

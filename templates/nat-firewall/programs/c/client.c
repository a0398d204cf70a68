/* client: asks for a host and a port, tries to get "/" from there, and says what came. "quit" ends it. */
#include <errno.h>
#include <netdb.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

static const char *failure(void)
{
    if (errno == EINPROGRESS || errno == EAGAIN || errno == ETIMEDOUT)
        return "no answer"; /* something threw the packets away */
    if (errno == ECONNREFUSED)
        return "refused"; /* something said no: a reset, or an ICMP error */
    return strerror(errno);
}

/* Puts into `answer` what came behind the head of the answer, or why nothing did. */
static const char *get(const char *host, const char *port, char *answer, size_t size)
{
    struct addrinfo hints = {.ai_family = AF_INET, .ai_socktype = SOCK_STREAM}, *found;
    int error = getaddrinfo(host, port, &hints, &found);
    if (error != 0)
        return gai_strerror(error);
    int connection = socket(AF_INET, SOCK_STREAM, 0);
    struct timeval second = {.tv_sec = 1};
    setsockopt(connection, SOL_SOCKET, SO_SNDTIMEO, &second, sizeof second); /* connect() waits no longer, either */
    setsockopt(connection, SOL_SOCKET, SO_RCVTIMEO, &second, sizeof second);
    int connected = connect(connection, found->ai_addr, found->ai_addrlen);
    freeaddrinfo(found);
    size_t length = 0;
    ssize_t count = -1;
    if (connected == 0 && send(connection, "GET / HTTP/1.0\r\n\r\n", 18, 0) > 0)
        while ((count = recv(connection, answer + length, size - 1 - length, 0)) > 0)
            length += count;
    const char *problem = count < 0 ? failure() : NULL;
    close(connection);
    if (problem != NULL)
        return problem;
    answer[length] = '\0';
    char *text = strstr(answer, "\r\n\r\n");
    return text == NULL ? "no HTTP" : strtok(text + 4, "\n");
}

int main(void)
{
    char line[256], host[100], port[20], answer[4096];

    for (;;) {
        printf("get> ");
        fflush(stdout);
        if (fgets(line, sizeof line, stdin) == NULL || strcmp(line, "quit\n") == 0)
            return 0;
        if (sscanf(line, "%99s %19s", host, port) == 2)
            printf("%s:%s: %s\n", host, port, get(host, port, answer, sizeof answer));
    }
}

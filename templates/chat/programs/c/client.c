/* A member of the chat room: it waits for the keyboard and for the room at the same time. "/quit" leaves. */
#include <netdb.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define PORT "7999"

static int connect_to(const char *host)
{
    struct addrinfo hints = { .ai_family = AF_INET, .ai_socktype = SOCK_STREAM }, *found;
    if (getaddrinfo(host, PORT, &hints, &found) != 0)
        return -1;
    int room = socket(found->ai_family, found->ai_socktype, 0);
    return connect(room, found->ai_addr, found->ai_addrlen) < 0 ? -1 : room;
}

int main(int count, char *words[])
{
    if (count != 3) {
        fprintf(stderr, "Usage: %s HOST NAME\n", words[0]);
        return 2;
    }
    int room = connect_to(words[1]);
    if (room < 0) {
        printf("Cannot connect to %s:%s\n", words[1], PORT);
        return 1;
    }
    dprintf(room, "%s\n", words[2]);
    printf("You are %s\n", words[2]);

    char data[1024];
    struct pollfd both[] = { { .fd = room, .events = POLLIN }, { .fd = STDIN_FILENO, .events = POLLIN } };
    for (;;) {
        poll(both, 2, -1);
        if (both[0].revents != 0) {
            ssize_t got = recv(room, data, sizeof data, 0);
            if (got <= 0) {
                printf("The room is closed\n");
                return 1;
            }
            printf("%.*s", (int)got, data);
            fflush(stdout);
        }
        if (both[1].revents != 0) {
            ssize_t got = read(STDIN_FILENO, data, sizeof data); /* a terminal gives a line at a time */
            if (got <= 0 || strncmp(data, "/quit\n", 6) == 0)
                break;
            send(room, data, got, MSG_NOSIGNAL);
        }
    }
    close(room);
    return 0;
}

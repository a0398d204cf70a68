/* A chat room: whatever one member says, all others get. The first line of a member is its name. */
#include <netinet/in.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define PORT 7999
#define MOST 20
#define LONGEST 1000

struct member {
    char name[32];          /* "" until its first line has come */
    char line[LONGEST + 1]; /* the beginning of a line */
    size_t length;
};

static struct pollfd places[MOST + 1]; /* the first one is the server's */
static struct member members[MOST + 1];
static int used = 1;

/* Sends a line to all members, except the one at place `but` (0: to all). */
static void tell(const char *text, int but)
{
    printf("%s", text);
    for (int at = 1; at < used; at++)
        if (at != but && members[at].name[0] != '\0')
            send(places[at].fd, text, strlen(text), MSG_NOSIGNAL);
}

static void leave(int at)
{
    char text[64] = "";
    if (members[at].name[0] != '\0')
        snprintf(text, sizeof text, "* %s has left\n", members[at].name);
    close(places[at].fd);
    used--;
    places[at] = places[used];
    members[at] = members[used];
    tell(text, 0);
}

static void hear(int at, const char *line)
{
    struct member *member = &members[at];
    char text[LONGEST + 64];
    if (member->name[0] == '\0') {
        snprintf(member->name, sizeof member->name, "%s", line);
        snprintf(text, sizeof text, "* %s has come\n", member->name);
    } else
        snprintf(text, sizeof text, "%s: %s\n", member->name, line);
    tell(text, at);
}

/* Reads what is there, and hears whole lines. */
static void read_from(int at)
{
    struct member *member = &members[at];
    ssize_t got = recv(places[at].fd, member->line + member->length, LONGEST - member->length, 0);
    if (got <= 0) { /* closed, or gone without closing */
        leave(at);
        return;
    }
    member->length += got;
    member->line[member->length] = '\0';
    char *end;
    while ((end = strchr(member->line, '\n')) != NULL) {
        *end = '\0';
        hear(at, member->line);
        member->length -= end + 1 - member->line;
        memmove(member->line, end + 1, member->length + 1);
    }
    if (member->length == LONGEST) /* nobody talks so long */
        leave(at);
}

static void stop(int signal)
{
    (void)signal;
    _Exit(0);
}

int main(void)
{
    signal(SIGINT, stop); /* Ctrl-C ends the server */
    int server = socket(AF_INET, SOCK_STREAM, 0);
    int yes = 1;
    setsockopt(server, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
    struct sockaddr_in address = {
        .sin_family = AF_INET,
        .sin_port = htons(PORT),
        .sin_addr.s_addr = htonl(INADDR_ANY),
    };
    if (bind(server, (struct sockaddr *)&address, sizeof address) < 0) {
        perror("bind");
        return 1;
    }
    listen(server, 10);
    printf("Chat Server\n");
    places[0] = (struct pollfd){ .fd = server, .events = POLLIN };
    for (;;) {
        poll(places, used, -1);
        for (int at = used - 1; at > 0; at--) /* backwards: one that leaves is replaced by the last one */
            if (places[at].revents != 0)
                read_from(at);
        if (places[0].revents != 0) {
            int connection = accept(server, NULL, NULL);
            if (connection < 0 || used > MOST) {
                close(connection);
                continue;
            }
            members[used] = (struct member){ 0 };
            places[used++] = (struct pollfd){ .fd = connection, .events = POLLIN };
        }
    }
}

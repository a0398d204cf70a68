/* TP3: one server for many clients, made in three ways. It answers each line in capitals. */
#include <arpa/inet.h>
#include <ctype.h>
#include <netinet/in.h>
#include <pthread.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/select.h>
#include <sys/socket.h>
#include <unistd.h>

#define PORT 7999

/* Waits for a client, and shows its address. */
static int next_client(int server)
{
    struct sockaddr_in peer;
    socklen_t size = sizeof peer;
    int connection = accept(server, (struct sockaddr *)&peer, &size);
    if (connection < 0) {
        perror("accept");
        exit(1);
    }
    printf("%s has come\n", inet_ntoa(peer.sin_addr));
    return connection;
}

/* Reads what is there, and sends it back in capitals: in however many pieces a line comes, the client puts it together.
 * Returns 0 when the client has gone. */
static int answer(int connection)
{
    char data[1024];
    ssize_t length = recv(connection, data, sizeof data, 0);
    if (length <= 0)
        return 0;
    for (ssize_t at = 0; at < length; at++)
        data[at] = toupper((unsigned char)data[at]);
    for (ssize_t sent = 0, more; sent < length; sent += more)
        if ((more = send(connection, data + sent, length - sent, MSG_NOSIGNAL)) < 0)
            return 0;
    return 1;
}

/* Answers one client until it closes. */
static void serve(int connection)
{
    while (answer(connection))
        ;
    close(connection);
    printf("a client has gone\n");
}

static void *serve_in_thread(void *connection)
{
    serve((intptr_t)connection);
    return NULL;
}

/* A thread for each client. */
static void with_threads(int server)
{
    for (;;) {
        pthread_t thread;
        pthread_create(&thread, NULL, serve_in_thread, (void *)(intptr_t)next_client(server));
        pthread_detach(thread); /* nobody waits for its end */
    }
}

/* A process for each client. */
static void with_fork(int server)
{
    signal(SIGCHLD, SIG_IGN); /* children that have ended do not stay as zombies */
    for (;;) {
        int connection = next_client(server);
        if (fork() == 0) { /* the child */
            close(server);
            serve(connection);
            exit(0);
        }
        close(connection); /* the parent's copy: the connection stays open as long as one process has it */
    }
}

/* One loop that waits for all clients at once. */
static void with_select(int server)
{
    int highest = server;
    fd_set open_ones;
    FD_ZERO(&open_ones);
    FD_SET(server, &open_ones);
    for (;;) {
        fd_set readable = open_ones; /* select changes what it is given */
        select(highest + 1, &readable, NULL, NULL, NULL);
        for (int fd = 0; fd <= highest; fd++) {
            if (!FD_ISSET(fd, &readable))
                continue;
            if (fd == server) {
                int connection = next_client(server);
                FD_SET(connection, &open_ones);
                if (connection > highest)
                    highest = connection;
            } else if (!answer(fd)) {
                close(fd);
                FD_CLR(fd, &open_ones);
                printf("a client has gone\n");
            }
        }
    }
}

/* Ctrl-C */
static void stop(int signal)
{
    (void)signal;
    _Exit(0);
}

int main(void)
{
    char way[16] = "";
    printf("TP3 Server\nthreads, fork or select? ");
    fflush(stdout);
    if (scanf("%15s", way) != 1)
        return 2;

    signal(SIGINT, stop);
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
    if (strcmp(way, "threads") == 0)
        with_threads(server);
    else if (strcmp(way, "fork") == 0)
        with_fork(server);
    else
        with_select(server);
}

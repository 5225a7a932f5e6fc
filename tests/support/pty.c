/// @file pty.c
/// Drives a program through a pseudo-terminal, as a person would: for the tests of the prompt.
///
/// Usage: pty SCRIPT COMMAND [ARGS…]. Each line of the script is one of
///   send TEXT     types the text; \r \t \n \e \\ and \xNN are understood
///   expect TEXT   waits until the text has come since the last match (escape sequences and \r don't count)
///   prompt, more  wait for the prompt, and for the one of a statement that isn't complete
///   absent TEXT   fails if the text has come since the last match
///   size ROWS COLUMNS
///   pause MS
///   exit STATUS   waits until the program has ended with that status; a signal counts as 128 and its number
///   # …           nothing
/// Everything waits for 30 seconds at most (PTY_TIMEOUT_MS). Ends with 0 when all came true; otherwise it says what
/// didn't, and shows what came.
#include <errno.h>
#include <poll.h>
#include <pty.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { MOST_OUTPUT = 1 << 20 };

static char output[MOST_OUTPUT + 1]; ///< what came, without escape sequences
static size_t n_output, matched;     ///< how much of it, and the end of the last match
static int terminal;
static pid_t child;
static int timeout_ms = 30000;
static bool is_ended;

static long now_ms(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

/// Adds a byte to the output unless it is part of an escape sequence, a carriage return or a bell. A line that is
/// cleared from its start (progress) is gone.
static void take(char c) {
    static enum { TEXT, ESCAPE, CSI } state = TEXT;
    static bool is_at_start;
    if (state == ESCAPE) {
        state = c == '[' ? CSI : TEXT;
    } else if (state == CSI) {
        if (c >= '@' && c <= '~') state = TEXT;
        while (c == 'K' && is_at_start && n_output > matched && output[n_output - 1] != '\n') n_output--;
    } else if (c == '\033') {
        state = ESCAPE;
        return;
    } else if (c == '\b') {
        if (n_output > matched) n_output--;
    } else if (c != '\r' && c != '\a' && n_output < MOST_OUTPUT) {
        output[n_output++] = c;
    }
    if (state == TEXT) is_at_start = c == '\r';
}

/// Reads what is there, waiting for it at most `ms`.
static void receive(int ms) {
    struct pollfd ready = {.fd = terminal, .events = POLLIN};
    char buffer[4096];
    if (is_ended || poll(&ready, 1, ms) <= 0) return;
    ssize_t n = read(terminal, buffer, sizeof buffer);
    if (n <= 0 && errno != EINTR) is_ended = true;
    for (ssize_t i = 0; i < n; i++) take(buffer[i]);
    output[n_output] = 0;
}

static void fail(const char *script, int line, const char *what) {
    printf("%s:%d: %s\n---- what came:\n%s\n---- since the last match:\n%s\n----\n", script, line, what, output,
           output + matched);
    kill(-child, SIGKILL);
    kill(child, SIGKILL);
    exit(1);
}

static size_t unescape(char *text) {
    char *to = text;
    for (const char *from = text; *from;) {
        unsigned value;
        if (*from != '\\' || !from[1]) {
            *to++ = *from++;
        } else if (from[1] == 'x' && sscanf(from + 2, "%2x", &value) == 1) {
            *to++ = (char)value;
            from += 4;
        } else {
            const char *known = strchr("r\rt\tn\ne\033\\\\", from[1]);
            *to++ = known ? known[1] : from[1];
            from += 2;
        }
    }
    *to = 0;
    return (size_t)(to - text);
}

/// Types the text; reads meanwhile, so that neither side waits for the other.
static bool type_text(char *text) {
    size_t size = unescape(text), sent = 0;
    long end = now_ms() + timeout_ms;
    while (sent < size && now_ms() < end && !is_ended) {
        struct pollfd ready = {.fd = terminal, .events = POLLOUT};
        receive(0);
        if (poll(&ready, 1, 50) <= 0) continue;
        ssize_t n = write(terminal, text + sent, size - sent > 256 ? 256 : size - sent);
        if (n > 0) sent += (size_t)n;
    }
    return sent == size;
}

static bool wait_for(char *text) {
    long end = now_ms() + timeout_ms;
    unescape(text);
    for (;;) {
        char *found = strstr(output + matched, text);
        if (found) {
            matched = (size_t)(found - output) + strlen(text);
            return true;
        }
        if (is_ended || now_ms() >= end) return false;
        receive(50);
    }
}

static bool wait_for_end(int status) {
    long end = now_ms() + timeout_ms;
    int got = 0;
    while (now_ms() < end) {
        receive(20);
        if (waitpid(child, &got, WNOHANG) == child) {
            child = 0;
            return (WIFEXITED(got) ? WEXITSTATUS(got) : 128 + WTERMSIG(got)) == status;
        }
    }
    return false;
}

static void set_size(const char *text) {
    struct winsize size = {0};
    if (sscanf(text, "%hu %hu", &size.ws_row, &size.ws_col) == 2) ioctl(terminal, TIOCSWINSZ, &size);
}

static void pause_for(const char *text) {
    for (long end = now_ms() + atol(text); now_ms() < end;) receive(10);
}

/// Does one line of the script: NULL, or what didn't come true.
static const char *step(char *line) {
    char *rest = strchr(line, ' ');
    if (rest) *rest++ = 0;
    char *text = rest ? rest : line + strlen(line);
    if (!line[0] || line[0] == '#') return NULL;
    if (!strcmp(line, "send")) return type_text(text) ? NULL : "the text could not be typed";
    if (!strcmp(line, "expect")) return wait_for(text) ? NULL : "this didn't come";
    char prompt[] = "> ", more[] = ">> ";
    if (!strcmp(line, "prompt")) return wait_for(prompt) ? NULL : "the prompt didn't come";
    if (!strcmp(line, "more")) return wait_for(more) ? NULL : "the prompt to go on didn't come";
    if (!strcmp(line, "absent")) return strstr(output + matched, text) ? "this came" : NULL;
    if (!strcmp(line, "exit")) return wait_for_end(atoi(text)) ? NULL : "the program didn't end like this";
    if (!strcmp(line, "size")) return set_size(text), NULL;
    if (!strcmp(line, "pause")) return pause_for(text), NULL;
    return "no such step";
}

int main(int argc, char **argv) {
    struct winsize size = {.ws_row = 40, .ws_col = 100};
    char line[4096];
    if (argc < 3) return 2;
    if (getenv("PTY_TIMEOUT_MS")) timeout_ms = atoi(getenv("PTY_TIMEOUT_MS"));
    FILE *script = fopen(argv[1], "r");
    if (!script) return 2;
    child = forkpty(&terminal, NULL, NULL, &size);
    if (child < 0) return 77; // no terminal to be had here
    if (child == 0) {
        execvp(argv[2], argv + 2);
        _exit(127);
    }
    for (int number = 1; fgets(line, sizeof line, script); number++) {
        char shown[4200];
        line[strcspn(line, "\n")] = 0;
        snprintf(shown, sizeof shown, "%s", line);
        const char *problem = step(line);
        if (!problem) continue;
        snprintf(line, sizeof line, "%.200s: %.3000s", problem, shown);
        fail(argv[1], number, line);
    }
    if (child > 0) {
        kill(child, SIGKILL);
        waitpid(child, NULL, 0);
    }
    return 0;
}

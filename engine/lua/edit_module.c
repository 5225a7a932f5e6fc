/// @file edit_module.c
/// Line editing by libedit: a module of its own (lunette-edit.so), loaded when somebody sits at a terminal, so that no
/// other start pays for it.
///
/// Characters are read here and not by libedit, so that Ctrl-C ends the line, a terminal that changes its size is drawn
/// anew, and a terminal that we come back to (after Ctrl-Z) gets its mode again.
#include "lua/edit.h"

#include <errno.h>
#include <histedit.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <wchar.h>

enum { HISTORY_LINES = 5000 };

struct lnt_editor {
    EditLine *el;
    History *history;
    FILE *out;
    lnt_edit_complete complete;
    void *context;
    const char *prompt;
    const volatile sig_atomic_t *stop;
    bool was_stopped;
};

static volatile sig_atomic_t has_new_size, was_continued;

static void on_new_size(int number) {
    (void)number;
    has_new_size = 1;
}

static void on_continue(int number) {
    (void)number;
    was_continued = 1;
}

static lnt_editor *editor_of(EditLine *el) {
    void *editor = NULL;
    el_get(el, EL_CLIENTDATA, &editor);
    return editor;
}

static char *prompt_of(EditLine *el) {
    static char none[] = "";
    lnt_editor *editor = editor_of(el);
    return editor->prompt ? (char *)editor->prompt : none;
}

/// What a signal asks for that came while waiting for a key. False: to leave the line.
static bool after_signal(lnt_editor *editor) {
    if (*editor->stop) {
        editor->was_stopped = true;
        return false;
    }
    if (was_continued) {
        was_continued = 0;
        el_set(editor->el, EL_PREP_TERM, 1);
        el_set(editor->el, EL_REFRESH);
    }
    if (has_new_size) {
        has_new_size = 0;
        el_resize(editor->el);
        el_set(editor->el, EL_REFRESH);
    }
    return true;
}

/// Waits for a byte and reads it: 1, 0 at the end, -1 to leave the line.
static int read_byte(lnt_editor *editor, int fd, char *out) {
    for (;;) {
        if (!after_signal(editor)) return -1;
        struct pollfd ready = {.fd = fd, .events = POLLIN};
        if (poll(&ready, 1, 200) <= 0) continue; // a signal just before the poll is seen soon as well
        ssize_t n = read(fd, out, 1);
        if (n == 1) return 1;
        if (n == 0 || (errno != EINTR && errno != EAGAIN)) return 0;
    }
}

/// libedit's source of characters. Bytes that are no UTF-8 become one replacement character each.
static int read_character(EditLine *el, wchar_t *out) {
    lnt_editor *editor = editor_of(el);
    FILE *in = NULL;
    mbstate_t state = {0};
    el_get(el, EL_GETFP, 0, &in);
    for (int i = 0; i < 8; i++) {
        char byte;
        int n = read_byte(editor, fileno(in), &byte);
        if (n <= 0) return n;
        size_t size = mbrtowc(out, &byte, 1, &state);
        if (size == (size_t)-2) continue;
        if (size == (size_t)-1) *out = 0xFFFD;
        return 1;
    }
    *out = 0xFFFD;
    return 1;
}

/// Tab. At the start of a line it is a character like any other, so that indented text can be pasted.
static unsigned char complete(EditLine *el, int key) {
    (void)key;
    lnt_editor *editor = editor_of(el);
    const LineInfo *line = el_line(el);
    size_t cursor = (size_t)(line->cursor - line->buffer), size = (size_t)(line->lastchar - line->buffer);
    if (strspn(line->buffer, " \t") >= cursor) return el_insertstr(el, "  ") == 0 ? CC_REFRESH : CC_ERROR;
    lnt_edit_change change = {0, NULL, NULL};
    if (!editor->complete || !editor->complete(editor->context, line->buffer, size, cursor, &change)) return CC_REFRESH_BEEP;
    if (change.list) fprintf(editor->out, "\n%s", change.list);
    if (change.n_removed > 0) el_deletestr(el, change.n_removed);
    if (change.insert && change.insert[0] && el_insertstr(el, change.insert) != 0) return CC_ERROR;
    return change.list ? CC_REDISPLAY : change.insert ? CC_REFRESH : CC_REFRESH_BEEP;
}

static void bind_keys(EditLine *el) {
    static const char *const keys[][2] = {
        {"\t", "lunette-complete"},      {"\033[A", "ed-search-prev-history"}, {"\033[B", "ed-search-next-history"},
        {"\033OA", "ed-search-prev-history"}, {"\033OB", "ed-search-next-history"}, {"^R", "em-inc-search-prev"},
        {"\033[3~", "ed-delete-next-char"}, {"\033[H", "ed-move-to-beg"},      {"\033[F", "ed-move-to-end"},
        {"\033OH", "ed-move-to-beg"},    {"\033OF", "ed-move-to-end"},         {"\033[1~", "ed-move-to-beg"},
        {"\033[4~", "ed-move-to-end"},   {"\033[1;5C", "em-next-word"},        {"\033[1;5D", "ed-prev-word"},
        {"^W", "ed-delete-prev-word"},
    };
    el_set(el, EL_ADDFN, "lunette-complete", "completes what stands before the cursor", complete);
    for (size_t i = 0; i < sizeof keys / sizeof *keys; i++) el_set(el, EL_BIND, keys[i][0], keys[i][1], NULL);
}

static void close_editor(lnt_editor *editor) {
    if (!editor) return;
    if (editor->el) el_end(editor->el);
    if (editor->history) history_end(editor->history);
    free(editor);
}

static lnt_editor *open_editor(FILE *in, FILE *out, lnt_edit_complete complete_with) {
    HistEvent event;
    lnt_editor *editor = calloc(1, sizeof *editor);
    if (!editor) return NULL;
    editor->out = out;
    editor->complete = complete_with;
    editor->el = el_init("lunette", in, out, out);
    editor->history = history_init();
    if (!editor->el || !editor->history) {
        close_editor(editor);
        return NULL;
    }
    history(editor->history, &event, H_SETSIZE, HISTORY_LINES);
    history(editor->history, &event, H_SETUNIQUE, 1);
    el_set(editor->el, EL_CLIENTDATA, editor);
    el_set(editor->el, EL_PROMPT, prompt_of);
    el_set(editor->el, EL_EDITOR, "emacs");
    el_set(editor->el, EL_SIGNAL, 0);
    el_set(editor->el, EL_HIST, history, editor->history);
    el_set(editor->el, EL_GETCFN, read_character);
    bind_keys(editor->el);
    el_source(editor->el, NULL); // the user's own ~/.editrc
    return editor;
}

static lnt_edit_outcome read_line(lnt_editor *editor, const char *prompt, const volatile sig_atomic_t *stop,
                                  void *context, const char **line, size_t *size) {
    struct sigaction size_action = {.sa_handler = on_new_size}, size_before;
    struct sigaction continue_action = {.sa_handler = on_continue}, continue_before;
    int n = 0;
    editor->prompt = prompt;
    editor->stop = stop;
    editor->context = context;
    editor->was_stopped = false;
    sigaction(SIGWINCH, &size_action, &size_before);
    sigaction(SIGCONT, &continue_action, &continue_before);
    el_resize(editor->el);
    el_set(editor->el, EL_PREP_TERM, 1); // before the prompt shows: what is typed then must not meet the other mode
    const char *text = el_gets(editor->el, &n);
    sigaction(SIGWINCH, &size_before, NULL);
    sigaction(SIGCONT, &continue_before, NULL);
    if (editor->was_stopped) {
        fputs("^C\n", editor->out);
        fflush(editor->out);
        return LNT_EDIT_STOPPED;
    }
    if (!text || n <= 0) return LNT_EDIT_END;
    *line = text;
    *size = (size_t)n - (text[n - 1] == '\n');
    return LNT_EDIT_LINE;
}

static void remember(lnt_editor *editor, const char *line) {
    HistEvent event;
    if (line[0]) history(editor->history, &event, H_ENTER, line);
}

LNT_API const lnt_edit_functions lnt_edit = {open_editor, read_line, remember, close_editor};

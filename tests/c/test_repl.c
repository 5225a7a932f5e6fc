// The prompt inside of a C program: lines over the program's own streams, its tables, its globals, its failures.
#include "check.h"

#include <lauxlib.h>
#include <lua.h>
#include <signal.h>
#include <string.h>

#include "lunette/engine.h"
#include "lunette/repl.h"

/// Runs a session on `lines`; what it wrote is in `out` (`capacity` bytes).
static lnt_status converse(const char *lines, lnt_repl_options *options, char *out, size_t capacity, int64_t *n_failed,
                           lnt_error *err) {
    FILE *in = tmpfile(), *results = tmpfile(), *messages = tmpfile();
    CHECK(in && results && messages);
    fputs(lines, in);
    rewind(in);
    options->in = in;
    options->out = results;
    options->messages = messages;
    lnt_status status = lnt_repl_run(options, n_failed, err);
    rewind(results);
    size_t n = fread(out, 1, capacity - 1, results);
    out[n] = 0;
    fclose(in); // they are still open: the session only borrowed them
    fclose(results);
    fclose(messages);
    return status;
}

/// Where the build's Lua side is: beside the folder of the modules.
static const char *home(void) {
    static char path[4096];
    snprintf(path, sizeof path, "%s/share/lunette", getenv("LUNETTE_MODULES"));
    return path;
}

TEST(lines_run_over_a_programs_streams_and_failures_are_counted) {
    lnt_repl_options options = {.home = home()};
    lnt_error err;
    lnt_error_init(&err);
    char out[4096];
    int64_t n_failed = -1;
    CHECK_OK(converse("x = 40\nx + 2\nfor i = 1, 2 do\n  print(i)\nend\nno.such\n", &options, out, sizeof out, &n_failed, &err),
             &err);
    CHECK_STR(out, "42\n1\n2\n");
    CHECK(n_failed == 1);
}

static void set_greeting(lua_State *L, void *context) {
    lua_pushstring(L, context);
    lua_setglobal(L, "greeting");
}

static void refuse(lua_State *L, void *context) {
    (void)context;
    luaL_error(L, "not today");
}

TEST(a_program_sets_globals_first_and_its_error_ends_the_call) {
    char word[] = "hello", out[256];
    lnt_repl_options options = {.home = home(), .prepare = set_greeting, .context = word};
    lnt_error err;
    lnt_error_init(&err);
    CHECK_OK(converse("greeting\n", &options, out, sizeof out, NULL, &err), &err);
    CHECK_STR(out, "hello\n");
    options.prepare = refuse;
    CHECK(converse("greeting\n", &options, out, sizeof out, NULL, &err) != LNT_OK);
    CHECK(strstr(err.message, "not today") != NULL);
    CHECK_STR(out, "");
}

TEST(a_programs_table_is_a_query_under_its_name) {
    lnt_engine *engine;
    lnt_column_builder *builder;
    lnt_column *column;
    lnt_table *table;
    lnt_error err;
    lnt_error_init(&err);
    CHECK_OK(lnt_engine_new(&(lnt_engine_options){.n_threads = 2}, &engine, &err), &err);
    CHECK_OK(lnt_column_builder_new(engine, LNT_INT, &builder, &err), &err);
    for (int64_t i = 0; i < 5; i++) {
        lnt_value square = {.type = LNT_INT, .as.i = i * i};
        CHECK_OK(lnt_column_builder_append(builder, square, &err), &err);
    }
    CHECK_OK(lnt_column_builder_finish(builder, &column, &err), &err);
    lnt_column_builder_free(builder);
    const char *names[] = {"square"};
    CHECK_OK(lnt_table_new(names, &column, 1, 5, &table, &err), &err);
    lnt_column_unref(column);

    const lnt_repl_table tables[] = {{"mine", table}};
    lnt_repl_options options = {.home = home(), .tables = tables, .n_tables = 1};
    char out[1024];
    CHECK_OK(converse("#mine\nmine:filter 'square > 5':agg 'sum = sum(square)':first().sum\n.tables\n", &options, out,
                      sizeof out, NULL, &err), &err);
    CHECK_STR(out, "5\n25\n  mine  1 columns, 5 rows\n");
    lnt_table_unref(table);
    lnt_engine_free(engine);
}

TEST(ctrl_c_is_handled_as_before_when_the_session_has_ended) {
    struct sigaction mine = {.sa_handler = SIG_IGN}, now;
    lnt_repl_options options = {.home = home()};
    lnt_error err;
    lnt_error_init(&err);
    char out[64];
    sigaction(SIGINT, &mine, NULL);
    CHECK_OK(converse("1\n", &options, out, sizeof out, NULL, &err), &err);
    sigaction(SIGINT, NULL, &now);
    CHECK(now.sa_handler == SIG_IGN);
}

TEST(what_is_missing_is_an_error) {
    char out[64];
    lnt_repl_options options = {.home = "/no/such/folder"};
    lnt_error err;
    lnt_error_init(&err);
    CHECK(converse("1\n", &options, out, sizeof out, NULL, &err) == LNT_IO);
    CHECK(strstr(err.message, "can't find the Lua side") != NULL);
    const char *inputs[] = {"/no/such/file.csv"};
    options = (lnt_repl_options){.home = home(), .inputs = inputs, .n_inputs = 1};
    lnt_error_init(&err);
    CHECK(converse("1\n", &options, out, sizeof out, NULL, &err) != LNT_OK);
    CHECK(strstr(err.message, "/no/such/file.csv") != NULL);
}

int main(int argc, char **argv) {
    return check_main(argc, argv);
}

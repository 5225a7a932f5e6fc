// The prompt inside of a program: its own columns are the table `connections` there.
//
//     cc prompt.c $(pkg-config --cflags --libs lunette-lua) -o prompt
//     echo 'connections:group_by "port":agg "n = count()"' | ./prompt
#include <lunette/lunette.h>
#include <lunette/repl.h>
#include <stdio.h>

// A column of three ports, built value by value. (own_columns.c shows how to hand over arrays without copying.)
static lnt_status make_table(lnt_engine *engine, lnt_table **out, lnt_error *err) {
    static const int64_t ports[] = {443, 995, 443};
    static const char *const names[] = {"port"};
    lnt_column_builder *builder = NULL;
    lnt_column *column = NULL;
    lnt_status status = lnt_column_builder_new(engine, LNT_INT, &builder, err);
    for (int i = 0; status == LNT_OK && i < 3; i++)
        status = lnt_column_builder_append(builder, (lnt_value){.type = LNT_INT, .as.i = ports[i]}, err);
    if (status == LNT_OK) status = lnt_column_builder_finish(builder, &column, err);
    if (status == LNT_OK) status = lnt_table_new(names, &column, 1, 3, out, err);
    lnt_column_unref(column);
    lnt_column_builder_free(builder);
    return status;
}

int main(void) {
    lnt_engine *engine = NULL;
    lnt_table *table = NULL;
    int64_t n_failed = 0;
    lnt_error err;
    lnt_error_init(&err);
    lnt_status status = lnt_engine_new(NULL, &engine, &err);
    if (status == LNT_OK) status = make_table(engine, &table, &err);
    if (status == LNT_OK) {
        lnt_repl_table tables[] = {{"connections", table}};
        lnt_repl_options options = {.tables = tables, .n_tables = 1, .history = ""};
        status = lnt_repl_run(&options, &n_failed, &err);
    }
    if (status != LNT_OK) fprintf(stderr, "prompt: %s\n", err.message);
    lnt_table_unref(table);
    lnt_engine_free(engine);
    return status != LNT_OK || n_failed > 0;
}

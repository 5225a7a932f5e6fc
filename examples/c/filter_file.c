// The rows of a CSV file, packed or not, for which an expression is true, as CSV: liblunette alone, no Lua.
//
//     cc filter_file.c $(pkg-config --cflags --libs lunette) -o filter_file
//     ./filter_file feed.csv "port == 995 and family:lower() == 'qakbot'"
#include <lunette/lunette.h>
#include <stdio.h>

// Writes the rows to the standard output. Each step gives an object that is the caller's; the plan reads nothing yet.
static lnt_status filter(lnt_engine *engine, const char *path, const char *expression, lnt_error *err) {
    lnt_scan *file = NULL;
    lnt_plan *all = NULL, *some = NULL;
    lnt_status status = lnt_csv_open(engine, path, NULL, &file, err);
    if (status == LNT_OK) status = lnt_plan_scan(file, &all, err);
    if (status == LNT_OK) status = lnt_plan_filter(all, expression, NULL, &some, err);
    if (status == LNT_OK) status = lnt_write_file(engine, some, "-", &(lnt_write_options){.format = LNT_FORMAT_CSV}, err);
    lnt_plan_unref(some);
    lnt_plan_unref(all);
    lnt_scan_unref(file);
    return status;
}

int main(int argc, char **argv) {
    lnt_engine *engine = NULL;
    lnt_error err;
    lnt_error_init(&err);
    if (argc != 3) {
        fprintf(stderr, "usage: filter_file FILE.csv EXPRESSION\n");
        return 2;
    }
    lnt_status status = lnt_engine_new(NULL, &engine, &err);
    if (status == LNT_OK) status = filter(engine, argv[1], argv[2], &err);
    if (status != LNT_OK) fprintf(stderr, "filter_file: %s\n", err.message);
    lnt_engine_free(engine);
    return status != LNT_OK;
}

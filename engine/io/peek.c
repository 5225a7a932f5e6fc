// The beginning of a file, for detecting what it is. Expected: once per input, a few KiB; plain files cost an open, a
// stat and a read.
#include <string.h>
#include <sys/stat.h>

#include "io/input.h"
#include "lunette/io.h"

/// A named pipe can't be read without taking its bytes away from who reads it next.
static bool is_named_pipe(const char *path) {
    struct stat info;
    return path && strncmp(path, "/dev/", 5) != 0 && strncmp(path, "/proc/", 6) != 0 && stat(path, &info) == 0 &&
           S_ISFIFO(info.st_mode);
}

lnt_status lnt_peek(const char *path, const char *member, char *out, int64_t capacity, int64_t *size, lnt_error *err) {
    lnt_input *input;
    *size = 0;
    if (is_named_pipe(path)) return LNT_OK;
    LNT_TRY(lnt_input_open(path, member, &input, err));
    lnt_status status;
    if (lnt_input_is_plain(input)) {
        status = lnt_input_read_at(input, 0, out, capacity, size, err);
    } else {
        lnt_stream *stream = NULL;
        status = lnt_stream_open(input, &stream, err);
        if (status == LNT_OK) status = lnt_stream_read(stream, out, capacity, size, err);
        lnt_stream_close(stream);
    }
    lnt_input_close(input);
    return status;
}

/* The peer of the benchmark in C: reads an error log line by line and prints one line a record,
   its stamp, its message id and the instant of Time(). cc -O2 -o one_line one_line.c */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int main(int count, char **paths) {
    FILE *in = count > 1 ? fopen(paths[1], "rb") : stdin;
    char *line = NULL, stamp[64] = "", id[16] = "", utc[40] = "";
    size_t room = 0;
    ssize_t length;
    if (!in) return 2;
    while ((length = getline(&line, &room, in)) > 0) {
        char *at;
        if (!strncmp(line, "AMQ", 3) && !*id && (at = strchr(line, ':')) && at - line < 16) {
            memcpy(id, line, at - line);
            id[at - line] = 0;
        } else if (!strncmp(line, "-----", 5)) {
            if (*stamp || *id) printf("%s\t%s\t%s\n", stamp, utc, id);
            *stamp = *id = *utc = 0;
        } else if (*line == ' ' && (at = strstr(line, "Time("))) {
            sscanf(at + 5, "%39[^)]", utc);
        } else if (length > 20 && (at = strstr(line, " - Process("))) {
            size_t size = at - line < 63 ? at - line : 63;
            if (*stamp) printf("%s\t%s\t%s\n", stamp, utc, id);
            *id = *utc = 0;
            memcpy(stamp, line, size);
            stamp[size] = 0;
        }
    }
    return 0;
}

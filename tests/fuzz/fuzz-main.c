/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* fuzz-main.c - runs a fuzz target without libFuzzer, as an ordinary test: every file of its
 * corpus, then mutations of them.
 *
 *   fuzz-X [--seed N] [--iterations N] PATTERN...     PATTERN is a glob of corpus files and must
 * match
 *
 * Mutation i depends on the seed, i and the corpus alone. Each input runs in a child, so that a
 * crash is one "not ok" that names the iteration; its input is written to ./crash-SEED-I for a
 * debugger: `fuzz-X crash-1-42`. */
#include <errno.h>
#include <glob.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/wait.h>

#include "base/macros.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define INPUT_SIZE_MAX (256U * 1024)
#define FILES_MAX      512

typedef struct Input {
        uint8_t *data;
        size_t size;
} Input;

typedef struct Corpus {
        glob_t names;
        Input files[FILES_MAX];
        size_t n;
} Corpus;

static void die(const char *what)
{
        printf("Bail out! %s: %s\n", what, strerror(errno));
        exit(EXIT_FAILURE);
}

static Input input_read(const char *path)
{
        Input input = { .data = malloc(INPUT_SIZE_MAX) };
        FILE *f = fopen(path, "re");

        if (!f || !input.data)
                die(path);
        input.size = fread(input.data, 1, INPUT_SIZE_MAX, f);
        if (ferror(f) || !feof(f))
                die(path);
        fclose(f);
        return input;
}

static void corpus_add(Corpus *c, const char *pattern)
{
        if (glob(pattern, c->n > 0 ? GLOB_APPEND : 0, NULL, &c->names) != 0)
                die(pattern);
        for (; c->n < c->names.gl_pathc; c->n++) {
                if (c->n == FILES_MAX)
                        die("too many corpus files");
                c->files[c->n] = input_read(c->names.gl_pathv[c->n]);
        }
}

static void corpus_done(Corpus *c)
{
        for (size_t i = 0; i < c->n; i++)
                free(c->files[i].data);
        if (c->n > 0)
                globfree(&c->names);
}

/* splitmix64 (Steele, Lea, Flood 2014): any state is a good one. */
static uint64_t random_next(uint64_t *state)
{
        uint64_t z = *state += UINT64_C(0x9e3779b97f4a7c15);

        z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
        z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
        return z ^ z >> 31;
}

static size_t random_below(uint64_t *state, size_t n)
{
        return n > 0 ? (size_t)(random_next(state) % n) : 0;
}

/* Replaces `removed` bytes at `at` by the given ones, as far as there is room. */
static void input_splice(Input *input, size_t at, size_t removed, const void *data, size_t size)
{
        removed = MIN(removed, input->size - at);
        if (input->size - removed + size > INPUT_SIZE_MAX)
                return;
        memmove(input->data + at + size, input->data + at + removed, input->size - at - removed);
        if (size > 0)
                memcpy(input->data + at, data, size);
        input->size = input->size - removed + size;
}

/* From a place in `other`: what makes records follow each other that never did. */
static void mutate_cross(Input *input, const Input *other, uint64_t *state)
{
        size_t from = random_below(state, other->size), at = random_below(state, input->size + 1);
        size_t size = MIN(other->size - from, random_below(state, 200) + 1);

        input_splice(input, at, random_below(state, 2) ? size : 0, other->data + from, size);
}

/* The number that begins at or after a random place becomes another one. */
static void mutate_number(Input *input, uint64_t *state)
{
        static const char *const numbers[] = { "", "0", "-1", "24", "25", "1023", "1024", "100001",
                "4294967295", "4294967296", "9223372036854775808", "18446744073709551609",
                "18446744073709551615", "99999999999999999999999", "0.-07", "1e9", "0x10" };
        const char *number = numbers[random_below(state, ELEMENTSOF(numbers))];
        size_t at = random_below(state, input->size + 1), end;

        while (at < input->size && (unsigned)(input->data[at] - '0') > 9)
                at++;
        for (end = at; end < input->size && (unsigned)(input->data[end] - '0') <= 9; end++)
                ;
        input_splice(input, at, end - at, number, strlen(number));
}

static size_t line_start(const Input *input, size_t at)
{
        while (at > 0 && input->data[at - 1] != '\n')
                at--;
        return at;
}

/* Drops a line, or prints it twice. */
static void mutate_line(Input *input, uint64_t *state)
{
        size_t start = line_start(input, random_below(state, input->size + 1)), end = start;
        uint8_t line[512];

        while (end < input->size && input->data[end] != '\n')
                end++;
        end = MIN(end + 1, input->size);
        if (random_below(state, 2) || end - start > sizeof(line)) {
                input_splice(input, start, end - start, NULL, 0);
                return;
        }
        memcpy(line, input->data + start, end - start);
        input_splice(input, start, 0, line, end - start);
}

static void mutate_byte(Input *input, uint64_t *state)
{
        static const char bytes[] = "\n\n  0019-.,:()>[]{}\"\\/AN\t\r\x01\x7f\xff";
        uint8_t byte = (uint8_t)
                bytes[random_below(state, sizeof(bytes))]; /* the NUL at the end too */
        size_t at = random_below(state, input->size + 1);

        if (at < input->size && random_below(state, 4) == 0)
                byte = input->data[at] ^ (uint8_t)(1U << random_below(state, 8));
        input_splice(input, at, random_below(state, 3) > 0, &byte, 1);
}

static void mutate(Input *input, const Corpus *c, uint64_t *state)
{
        switch (random_below(state, 8)) {
        case 0: mutate_cross(input, &c->files[random_below(state, c->n)], state); break;
        case 1:
        case 2: mutate_number(input, state); break;
        case 3: mutate_line(input, state); break;
        case 4:
                input_splice(input, random_below(state, input->size + 1), random_below(state, 40),
                        NULL, 0);
                break;
        case 5:
                input->size = random_below(state, 16) ? input->size
                                                      : random_below(state, input->size + 1);
                break;
        default: mutate_byte(input, state); break;
        }
}

/* The input of mutation i, into `ret`, which has room for INPUT_SIZE_MAX. */
static void input_make(Input *ret, const Corpus *c, uint64_t seed, uint64_t i)
{
        uint64_t state = seed * UINT64_C(0x2545f4914f6cdd1d) + i;
        const Input *original = &c->files[random_below(&state, c->n)];

        ret->size = original->size;
        memcpy(ret->data, original->data, original->size);
        for (size_t n = random_below(&state, 6) + 1; n > 0; n--)
                mutate(ret, c, &state);
}

/* On the heap and no larger than it is, for ASan to see what reads beyond. */
static void run(const Input *input)
{
        uint8_t *data = malloc(input->size > 0 ? input->size : 1);

        if (!data)
                die("malloc");
        memcpy(data, input->data, input->size);
        (void)LLVMFuzzerTestOneInput(data, input->size);
        free(data);
}

static bool child_succeeded(pid_t pid)
{
        int status = 0;

        if (pid < 0 || waitpid(pid, &status, 0) != pid)
                die("fork");
        return WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

static bool run_file(const Input *input)
{
        pid_t pid = fork();

        if (pid == 0) {
                run(input);
                _exit(0);
        }
        return child_succeeded(pid);
}

/* *progress is shared with the child: the mutation in hand. */
static bool run_mutations(
        const Corpus *c, uint64_t seed, uint64_t n, Input *scratch, uint64_t *progress)
{
        pid_t pid = fork();

        if (pid == 0) {
                for (*progress = 0; *progress < n; ++*progress) {
                        input_make(scratch, c, seed, *progress);
                        run(scratch);
                }
                exit(EXIT_SUCCESS); /* with its handlers: what leaked shows here */
        }
        return child_succeeded(pid);
}

static void save_crash(const Corpus *c, uint64_t seed, uint64_t n, uint64_t i, Input *scratch)
{
        char path[64];
        FILE *f;

        if (i >= n) {
                printf("# only at the end: something leaked\n");
                return;
        }
        snprintf(path, sizeof(path), "crash-%llu-%llu", (unsigned long long)seed,
                (unsigned long long)i);
        input_make(scratch, c, seed, i);
        f = fopen(path, "we");
        if (!f || fwrite(scratch->data, 1, scratch->size, f) != scratch->size || fclose(f) != 0)
                die(path);
        printf("# mutation %llu; its input is in ./%s\n", (unsigned long long)i, path);
}

static int run_all(const Corpus *c, uint64_t seed, uint64_t iterations)
{
        Input scratch = { .data = malloc(INPUT_SIZE_MAX) };
        uint64_t *progress;
        bool good, all = true;

        progress = mmap(
                NULL, sizeof(*progress), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
        if (!scratch.data || progress == MAP_FAILED)
                die("memory");
        printf("1..%zu\n", c->n + 1);
        fflush(stdout);
        for (size_t i = 0; i < c->n; i++) {
                good = run_file(&c->files[i]);
                all = all && good;
                printf("%s %zu - %s\n", good ? "ok" : "not ok", i + 1, c->names.gl_pathv[i]);
                fflush(stdout);
        }
        good = run_mutations(c, seed, iterations, &scratch, progress);
        all = all && good;
        printf("%s %zu - %llu mutations of seed %llu\n", good ? "ok" : "not ok", c->n + 1,
                (unsigned long long)iterations, (unsigned long long)seed);
        if (!good)
                save_crash(c, seed, iterations, *progress, &scratch);
        munmap(progress, sizeof(*progress));
        free(scratch.data);
        return all ? EXIT_SUCCESS : EXIT_FAILURE;
}

int main(int argc, char **argv)
{
        unsigned long long seed = 1, iterations = 0;
        Corpus corpus = { 0 };
        int r;

        for (int i = 1; i < argc; i++) {
                if (i + 1 < argc && streq(argv[i], "--seed"))
                        seed = strtoull(argv[++i], NULL, 10);
                else if (i + 1 < argc && streq(argv[i], "--iterations"))
                        iterations = strtoull(argv[++i], NULL, 10);
                else
                        corpus_add(&corpus, argv[i]);
        }
        if (corpus.n == 0) {
                fprintf(stderr, "usage: %s [--seed N] [--iterations N] PATTERN...\n", argv[0]);
                return 2;
        }
        r = run_all(&corpus, seed, iterations);
        corpus_done(&corpus);
        return r;
}

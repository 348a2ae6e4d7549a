/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* stack.h - a call trace, and who asked: the first function that is not the allocator itself. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#define STACK_FRAMES_MAX   24
#define STACK_FUNCTION_MAX 48
#define STACK_MODULE_MAX   32

/* A small set, for counting: decode_caller_name(). */
typedef enum CallerClass {
        CALLER_UNKNOWN, /* no trace, or nothing but the allocator in it */
        CALLER_NETWORK,
        CALLER_FILESYSTEM,
        CALLER_BLOCK,
        CALLER_GPU,
        CALLER_USB,
        CALLER_MEDIA,
        CALLER_VIRTUALIZATION,
        CALLER_PROCESS, /* fork, exec: stacks, page tables */
        CALLER_MEMORY,  /* huge pages, page cache, swap, memory hot-plug */
        CALLER_MODULE,  /* loading modules, BPF */
        CALLER_DRIVER,  /* another module */
        CALLER_KERNEL,  /* anything else */
        _CALLER_CLASS_MAX,
} CallerClass;

typedef struct StackFrame {
        char function[STACK_FUNCTION_MAX]; /* without ".constprop.0" and the like */
        char module[STACK_MODULE_MAX];     /* "": the kernel itself */
        bool unsure;                       /* the kernel put a '?' before it */
} StackFrame;

typedef struct Stack {
        StackFrame frames[STACK_FRAMES_MAX];
        unsigned n;
        bool begun, ended;
        char workqueue[STACK_FUNCTION_MAX]; /* the function that a kworker runs; "" */
        char workqueue_module[STACK_MODULE_MAX];
} Stack;

/* Takes a line of a call trace; false: it is none. */
bool stack_line(Stack *s, const char *line, size_t size);
/* NULL: none. */
const StackFrame *stack_caller(const Stack *s);
/* The module that asked: the caller's, or the next one above it; "" where it is none. */
const char *stack_module(const Stack *s);
CallerClass stack_class(const Stack *s);
/* Whether a function whose name begins so is surely in it. */
bool stack_has(const Stack *s, const char *prefix);
const char *decode_caller_name(CallerClass c);

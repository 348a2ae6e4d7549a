/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "cli/top-curses.h"

#include "cli/top-terminfo.h"

#define NCURSES_NOMACROS
#include <curses.h>

struct TopCurses {
        SCREEN *screen;
        attr_t attributes[_TOP_STYLE_MAX]; /* pair of colours included */
};

static const attr_t plain_attributes[_TOP_STYLE_MAX] = {
        [TOP_GOOD] = A_NORMAL,
        [TOP_WARN] = A_BOLD,
        [TOP_BAD] = A_BOLD,
        [TOP_DIM] = A_NORMAL,
        [TOP_STRONG] = A_BOLD,
        [TOP_BAR] = A_REVERSE,
        [TOP_HEAT + 3] = A_BOLD,
        [TOP_HEAT + 4] = A_REVERSE,
};

/* Foreground and background; -1: the terminal's own. */
typedef struct Colors {
        short style, fg, bg;
        attr_t more;
} Colors;

static const Colors few_colors[] = {
        { TOP_GOOD, COLOR_GREEN, -1, 0 },
        { TOP_WARN, COLOR_YELLOW, -1, 0 },
        { TOP_BAD, COLOR_RED, -1, A_BOLD },
        { TOP_HEAT + 0, COLOR_GREEN, -1, 0 },
        { TOP_HEAT + 1, COLOR_BLACK, COLOR_GREEN, 0 },
        { TOP_HEAT + 2, COLOR_BLACK, COLOR_YELLOW, 0 },
        { TOP_HEAT + 3, COLOR_WHITE, COLOR_RED, 0 },
        { TOP_HEAT + 4, COLOR_WHITE, COLOR_RED, A_BOLD },
};

/* Of xterm's 256. */
static const Colors many_colors[] = {
        { TOP_HEAT + 0, 255, 22, 0 },
        { TOP_HEAT + 1, 16, 71, 0 },
        { TOP_HEAT + 2, 16, 178, 0 },
        { TOP_HEAT + 3, 16, 208, 0 },
        { TOP_HEAT + 4, 255, 160, A_BOLD },
};

static void colors_set(TopCurses *c, const Colors *colors, size_t n)
{
        for (size_t i = 0; i < n; i++) {
                short pair = (short)(colors[i].style + 1);

                if (init_pair(pair, colors[i].fg, colors[i].bg) == OK)
                        c->attributes[colors[i].style] = COLOR_PAIR(pair) | colors[i].more;
        }
}

static void styles_set(TopCurses *c, const Cli *cli)
{
        memcpy(c->attributes, plain_attributes, sizeof(plain_attributes));
        if (!cli->color || !has_colors() || start_color() == ERR || use_default_colors() == ERR)
                return;
        c->attributes[TOP_DIM] = A_DIM;
        colors_set(c, few_colors, ELEMENTSOF(few_colors));
        if (COLORS >= 256)
                colors_set(c, many_colors, ELEMENTSOF(many_colors));
}

static int say_unable(const char *why)
{
        const char *term = getenv("TERM");

        cli_error("top: %s (TERM=%s); 'fragctl status' needs nothing of a terminal", why,
                term ? term : "");
        return EXIT_USAGE;
}

int top_curses_open(TopCurses **ret, const Cli *cli)
{
        const char *unable = top_terminal_unable();
        TopCurses *c;

        if (unable)
                return say_unable(unable);
        c = calloc(1, sizeof(*c));
        if (!c)
                return cli_oom();
        c->screen = newterm(NULL, stdout, stdin);
        if (!c->screen) {
                free(c);
                return say_unable("this terminal cannot be used");
        }
        (void)cbreak();
        (void)noecho();
        (void)nodelay(stdscr, TRUE);
        (void)keypad(stdscr, TRUE);
        (void)set_escdelay(50);
        (void)curs_set(0);
        styles_set(c, cli);
        top_curses_resize(c, cli);
        *ret = c;
        return 0;
}

TopCurses *top_curses_close(TopCurses *c)
{
        if (!c)
                return NULL;
        (void)endwin();
        delscreen(c->screen);
        free(c);
        return NULL;
}

/* From column on, the cells of one style; the column behind them. */
static unsigned paint_run(TopCurses *c, const TopScreen *s, unsigned row, unsigned column)
{
        const TopCell *cells = &s->cells[(size_t)row * s->width];
        uint8_t style = cells[column].style;

        (void)attrset((int)c->attributes[style]);
        for (; column < s->width && cells[column].style == style; column++)
                (void)mvaddstr((int)row, (int)column, cells[column].text);
        return column;
}

void top_curses_paint(TopCurses *c, const TopScreen *s)
{
        (void)erase();
        for (unsigned row = 0; row < s->height; row++)
                for (unsigned column = 0; column < s->width;)
                        column = paint_run(c, s, row, column);
        (void)refresh();
}

void top_curses_resize(TopCurses *c, const Cli *cli)
{
        (void)resizeterm((int)cli->rows, (int)cli->columns);
        top_curses_redraw(c);
}

void top_curses_redraw(TopCurses *c)
{
        (void)clearok(curscr, TRUE);
}

void top_curses_leave(TopCurses *c)
{
        (void)endwin();
}

TopKey top_curses_key(TopCurses *c)
{
        static const struct {
                int code;
                TopKey key;
        } keys[] = {
                { ERR, TOP_KEY_NONE },
                { 'q', TOP_KEY_QUIT },
                { 'Q', TOP_KEY_QUIT },
                { KEY_UP, TOP_KEY_UP },
                { 'k', TOP_KEY_UP },
                { KEY_DOWN, TOP_KEY_DOWN },
                { 'j', TOP_KEY_DOWN },
                { KEY_PPAGE, TOP_KEY_PAGE_UP },
                { KEY_NPAGE, TOP_KEY_PAGE_DOWN },
                { ' ', TOP_KEY_PAGE_DOWN },
                { KEY_HOME, TOP_KEY_HOME },
                { KEY_END, TOP_KEY_END },
                { 'm', TOP_KEY_MISSED },
                { 'z', TOP_KEY_ZONES },
                { 'L' & 0x1f, TOP_KEY_REDRAW },
        };
        int code = getch();

        for (size_t i = 0; i < ELEMENTSOF(keys); i++)
                if (keys[i].code == code)
                        return keys[i].key;
        return TOP_KEY_OTHER;
}

import curses
ITEMS = ["Salade", "Plat", "Désert"]
def menu(screen):
    curses.curs_set(0); at = 0
    while True:
        for y, item in enumerate(ITEMS):
            screen.addstr(y + 2, 4, ("> " if y == at else "  ") + item)
        key = screen.getch()
        if key == curses.KEY_DOWN: at = min(at + 1, 2)
        elif key == curses.KEY_UP: at = max(at - 1, 0)
        elif key in (10, 13): return ITEMS[at]
print("chosen:", curses.wrapper(menu))

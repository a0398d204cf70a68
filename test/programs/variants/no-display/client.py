# What tkinter says where there is no screen.
import sys
try:
    import tkinter
    tkinter.Tk()
except ImportError:
    raise SystemExit('_tkinter.TclError: no display name and no $DISPLAY environment variable')

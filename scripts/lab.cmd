@echo off
rem Starts lab on Windows, with the Node.js on PATH (version 22 or newer).
node "%~dp0..\dist\cli\main.js" %*

@echo off
rem Whittle's command line, as it lies in an installed application.
"%~dp0..\node\node.exe" "%~dp0..\app.asar.unpacked\out\main\cli.js" %*

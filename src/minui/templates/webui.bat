@echo off
rem Starts the web UI on Windows. Settings belong into webui-user.bat, or into webui.settings.bat, which wins.

if exist webui.settings.bat call webui.settings.bat

if not defined PYTHON set PYTHON=python
if defined GIT set "GIT_PYTHON_GIT_EXECUTABLE=%GIT%"
if not defined VENV_DIR set "VENV_DIR=%~dp0%venv"

set SD_WEBUI_RESTART=tmp/restart
set ERROR_REPORTING=FALSE
if not exist tmp mkdir tmp

%PYTHON% -c "" >tmp/stdout.txt 2>tmp/stderr.txt
if %ERRORLEVEL% == 0 goto :environment
echo Couldn't launch python
goto :failed

:environment
if ["%VENV_DIR%"] == ["-"] goto :launch
if ["%SKIP_VENV%"] == ["1"] goto :launch
if exist "%VENV_DIR%\Scripts\Python.exe" goto :activate
echo Creating venv in directory %VENV_DIR% using python %PYTHON%
%PYTHON% -m venv "%VENV_DIR%" >tmp/stdout.txt 2>tmp/stderr.txt
if %ERRORLEVEL% == 0 goto :activate
echo Unable to create venv in directory "%VENV_DIR%"
goto :failed

:activate
set PYTHON="%VENV_DIR%\Scripts\Python.exe"
call "%VENV_DIR%\Scripts\activate.bat"
echo venv %PYTHON%

:launch
%PYTHON% launch.py %*
if exist tmp\restart goto :launch
pause
exit /b

:failed
echo.
echo exit code: %ERRORLEVEL%
echo.
echo stdout:
type tmp\stdout.txt
echo.
echo stderr:
type tmp\stderr.txt
echo.
echo Launch unsuccessful. Exiting.
pause

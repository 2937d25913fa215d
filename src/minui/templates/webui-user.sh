#!/bin/bash
# Settings of webui.sh. Take the "#" away from a line to use it.

# Folder that holds the install, without a slash at its end
#install_dir="/home/$(whoami)"

# Name of the install's folder
#clone_dir="webui"

# Options of the web UI, for example: export COMMANDLINE_ARGS="--api --port 7860"
#export COMMANDLINE_ARGS=""

# Python that makes the environment when there is none
#python_cmd="python3"

# git executable
#export GIT="git"

# Folder of the environment; "-" uses the Python at hand instead
#venv_dir="venv"

# What is started
#export LAUNCH_SCRIPT="launch.py"

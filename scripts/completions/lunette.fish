# Completion for fish: asks lunette itself what can stand at the cursor, beside files.
complete -c lunette -a '(lunette complete (commandline -opc)[2..-1] (commandline -ct) 2> /dev/null)'

# Print an optspec for argparse to handle cmd's options that are independent of any subcommand.
function __fish_truthound_store_global_optspecs
    string join \n p/profile= store= c/config= n/namespace= f/format= q/quiet v/verbose no-progress color= h/help V/version
end

function __fish_truthound_store_needs_command
    # Figure out if the current invocation already has a command.
    set -l cmd (commandline -opc)
    set -e cmd[1]
    argparse -s (__fish_truthound_store_global_optspecs) -- $cmd 2>/dev/null
    or return
    if set -q argv[1]
        # Also print the command, so this can be used to figure out what it is.
        echo $argv[1]
        return 1
    end
    return 0
end

function __fish_truthound_store_using_subcommand
    set -l cmd (__fish_truthound_store_needs_command)
    test -z "$cmd"
    and return 1
    contains -- $cmd[1] $argv
end

complete -c truthound-store -n "__fish_truthound_store_needs_command" -s p -l profile -d 'Profile to use' -r
complete -c truthound-store -n "__fish_truthound_store_needs_command" -l store -d 'Store to use instead of a profile\'s: s3://BUCKET/PREFIX, postgresql://USER@HOST/DATABASE, sqlite:FILE, ./DIRECTORY, ...' -r
complete -c truthound-store -n "__fish_truthound_store_needs_command" -s c -l config -d 'Configuration file' -r -F
complete -c truthound-store -n "__fish_truthound_store_needs_command" -s n -l namespace -d 'Namespace to use instead of the profile\'s' -r
complete -c truthound-store -n "__fish_truthound_store_needs_command" -s f -l format -d 'Output format' -r -f -a "table\t'Aligned columns for people'
json\t'One JSON value'
jsonl\t'One JSON value a line, as it arrives'"
complete -c truthound-store -n "__fish_truthound_store_needs_command" -l color -d 'When to use colors' -r -f -a "auto\t'At a terminal, unless `NO_COLOR` is set'
always\t'Always'
never\t'Never'"
complete -c truthound-store -n "__fish_truthound_store_needs_command" -s q -l quiet -d 'Show errors only'
complete -c truthound-store -n "__fish_truthound_store_needs_command" -s v -l verbose -d 'Show each step; repeat for more'
complete -c truthound-store -n "__fish_truthound_store_needs_command" -l no-progress -d 'Do not show progress'
complete -c truthound-store -n "__fish_truthound_store_needs_command" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c truthound-store -n "__fish_truthound_store_needs_command" -s V -l version -d 'Print version'
complete -c truthound-store -n "__fish_truthound_store_needs_command" -f -a "save" -d 'Save validation results and print each run id on its own line'
complete -c truthound-store -n "__fish_truthound_store_needs_command" -f -a "get" -d 'Print stored results, exactly as they were saved'
complete -c truthound-store -n "__fish_truthound_store_needs_command" -f -a "list" -d 'List stored results, newest first'
complete -c truthound-store -n "__fish_truthound_store_needs_command" -f -a "ls" -d 'List stored results, newest first'
complete -c truthound-store -n "__fish_truthound_store_needs_command" -f -a "delete" -d 'Delete stored results, by run id or by filters'
complete -c truthound-store -n "__fish_truthound_store_needs_command" -f -a "rm" -d 'Delete stored results, by run id or by filters'
complete -c truthound-store -n "__fish_truthound_store_needs_command" -f -a "set-tier" -d 'Move stored results to another tier'
complete -c truthound-store -n "__fish_truthound_store_needs_command" -f -a "pool-status" -d 'Show the connection pool, health and circuit breaker of a database'
complete -c truthound-store -n "__fish_truthound_store_needs_command" -f -a "diff" -d 'Show what changed between two runs'
complete -c truthound-store -n "__fish_truthound_store_needs_command" -f -a "history" -d 'Show the outcomes of checks over the newest runs'
complete -c truthound-store -n "__fish_truthound_store_needs_command" -f -a "reindex" -d 'Rebuild the catalog from the stored documents'
complete -c truthound-store -n "__fish_truthound_store_needs_command" -f -a "verify" -d 'Verify that stored results are there and undamaged'
complete -c truthound-store -n "__fish_truthound_store_needs_command" -f -a "doctor" -d 'Check configuration, credentials, permissions and what the server promises'
complete -c truthound-store -n "__fish_truthound_store_needs_command" -f -a "profiles" -d 'Show the configured profiles with their backends and locations'
complete -c truthound-store -n "__fish_truthound_store_needs_command" -f -a "completions" -d 'Print a completion script'
complete -c truthound-store -n "__fish_truthound_store_needs_command" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c truthound-store -n "__fish_truthound_store_using_subcommand save" -l run-id -d 'Run id to use instead of the document\'s' -r
complete -c truthound-store -n "__fish_truthound_store_using_subcommand save" -l asset -d 'Data asset to use instead of the document\'s' -r
complete -c truthound-store -n "__fish_truthound_store_using_subcommand save" -l run-time -d 'Run time to use instead of the document\'s: now, mtime (of the file), or a time' -r
complete -c truthound-store -n "__fish_truthound_store_using_subcommand save" -l split -d 'Results to make of a document about several data assets' -r -f -a "assets\t''
none\t''"
complete -c truthound-store -n "__fish_truthound_store_using_subcommand save" -l manifest -d 'Manifest of the dbt project [default: the manifest.json beside the results]' -r -F
complete -c truthound-store -n "__fish_truthound_store_using_subcommand save" -l redact -d 'Drop data from the documents, also from stored results, which are then not kept byte for byte: samples (values and rows that did not pass, compiled SQL, quotations in messages)' -r -f -a "samples\t''"
complete -c truthound-store -n "__fish_truthound_store_using_subcommand save" -l tag -d 'Add a tag; repeat for several' -r
complete -c truthound-store -n "__fish_truthound_store_using_subcommand save" -l fail-on -d 'Exit with 10 if a saved result has this status or a worse one: warning, failure, error' -r -f -a "warning\t''
failure\t''
error\t''"
complete -c truthound-store -n "__fish_truthound_store_using_subcommand save" -l jobs -d 'Number of concurrent saves [default: 256 for databases, 8 for others]' -r
complete -c truthound-store -n "__fish_truthound_store_using_subcommand save" -s p -l profile -d 'Profile to use' -r
complete -c truthound-store -n "__fish_truthound_store_using_subcommand save" -l store -d 'Store to use instead of a profile\'s: s3://BUCKET/PREFIX, postgresql://USER@HOST/DATABASE, sqlite:FILE, ./DIRECTORY, ...' -r
complete -c truthound-store -n "__fish_truthound_store_using_subcommand save" -s c -l config -d 'Configuration file' -r -F
complete -c truthound-store -n "__fish_truthound_store_using_subcommand save" -s n -l namespace -d 'Namespace to use instead of the profile\'s' -r
complete -c truthound-store -n "__fish_truthound_store_using_subcommand save" -s f -l format -d 'Output format' -r -f -a "table\t'Aligned columns for people'
json\t'One JSON value'
jsonl\t'One JSON value a line, as it arrives'"
complete -c truthound-store -n "__fish_truthound_store_using_subcommand save" -l color -d 'When to use colors' -r -f -a "auto\t'At a terminal, unless `NO_COLOR` is set'
always\t'Always'
never\t'Never'"
complete -c truthound-store -n "__fish_truthound_store_using_subcommand save" -l if-absent -d 'Fail if the result already exists'
complete -c truthound-store -n "__fish_truthound_store_using_subcommand save" -l skip-existing -d 'Skip results that already exist, and say how many'
complete -c truthound-store -n "__fish_truthound_store_using_subcommand save" -s q -l quiet -d 'Show errors only'
complete -c truthound-store -n "__fish_truthound_store_using_subcommand save" -s v -l verbose -d 'Show each step; repeat for more'
complete -c truthound-store -n "__fish_truthound_store_using_subcommand save" -l no-progress -d 'Do not show progress'
complete -c truthound-store -n "__fish_truthound_store_using_subcommand save" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c truthound-store -n "__fish_truthound_store_using_subcommand get" -s o -l output -d 'Write to this file, or to RUN_ID.json in this directory; a file appears complete or not at all' -r -F
complete -c truthound-store -n "__fish_truthound_store_using_subcommand get" -l asset -d 'Only results of this data asset; * stands for any characters, as in \'orders_*\', and [*] for an asterisk' -r
complete -c truthound-store -n "__fish_truthound_store_using_subcommand get" -l status -d 'Only results with this status; repeat for several' -r -f -a "error\t''
failure\t''
success\t''
warning\t''"
complete -c truthound-store -n "__fish_truthound_store_using_subcommand get" -l since -d 'Only runs at or after this time: RFC 3339, 2026-11-23, 2026-11, today, yesterday, seconds since 1970, or an age such as 12h, 7d or 1mo; without an offset, in the profile\'s time zone' -r
complete -c truthound-store -n "__fish_truthound_store_using_subcommand get" -l until -d 'Only runs at or before this time; a date or a month is included to its end' -r
complete -c truthound-store -n "__fish_truthound_store_using_subcommand get" -l tag -d 'Only results with this tag; repeat to require several' -r
complete -c truthound-store -n "__fish_truthound_store_using_subcommand get" -s p -l profile -d 'Profile to use' -r
complete -c truthound-store -n "__fish_truthound_store_using_subcommand get" -l store -d 'Store to use instead of a profile\'s: s3://BUCKET/PREFIX, postgresql://USER@HOST/DATABASE, sqlite:FILE, ./DIRECTORY, ...' -r
complete -c truthound-store -n "__fish_truthound_store_using_subcommand get" -s c -l config -d 'Configuration file' -r -F
complete -c truthound-store -n "__fish_truthound_store_using_subcommand get" -s n -l namespace -d 'Namespace to use instead of the profile\'s' -r
complete -c truthound-store -n "__fish_truthound_store_using_subcommand get" -s f -l format -d 'Output format' -r -f -a "table\t'Aligned columns for people'
json\t'One JSON value'
jsonl\t'One JSON value a line, as it arrives'"
complete -c truthound-store -n "__fish_truthound_store_using_subcommand get" -l color -d 'When to use colors' -r -f -a "auto\t'At a terminal, unless `NO_COLOR` is set'
always\t'Always'
never\t'Never'"
complete -c truthound-store -n "__fish_truthound_store_using_subcommand get" -l latest -d 'Print only the newest result that passes the filters'
complete -c truthound-store -n "__fish_truthound_store_using_subcommand get" -s q -l quiet -d 'Show errors only'
complete -c truthound-store -n "__fish_truthound_store_using_subcommand get" -s v -l verbose -d 'Show each step; repeat for more'
complete -c truthound-store -n "__fish_truthound_store_using_subcommand get" -l no-progress -d 'Do not show progress'
complete -c truthound-store -n "__fish_truthound_store_using_subcommand get" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c truthound-store -n "__fish_truthound_store_using_subcommand list" -l limit -d 'Maximum number of results' -r
complete -c truthound-store -n "__fish_truthound_store_using_subcommand list" -l offset -d 'Skip the first N results' -r
complete -c truthound-store -n "__fish_truthound_store_using_subcommand list" -l order-by -d 'Sort by this field' -r -f -a "run_time\t''
data_asset\t''
status\t''"
complete -c truthound-store -n "__fish_truthound_store_using_subcommand list" -l asset -d 'Only results of this data asset; * stands for any characters, as in \'orders_*\', and [*] for an asterisk' -r
complete -c truthound-store -n "__fish_truthound_store_using_subcommand list" -l status -d 'Only results with this status; repeat for several' -r -f -a "error\t''
failure\t''
success\t''
warning\t''"
complete -c truthound-store -n "__fish_truthound_store_using_subcommand list" -l since -d 'Only runs at or after this time: RFC 3339, 2026-11-23, 2026-11, today, yesterday, seconds since 1970, or an age such as 12h, 7d or 1mo; without an offset, in the profile\'s time zone' -r
complete -c truthound-store -n "__fish_truthound_store_using_subcommand list" -l until -d 'Only runs at or before this time; a date or a month is included to its end' -r
complete -c truthound-store -n "__fish_truthound_store_using_subcommand list" -l tag -d 'Only results with this tag; repeat to require several' -r
complete -c truthound-store -n "__fish_truthound_store_using_subcommand list" -s p -l profile -d 'Profile to use' -r
complete -c truthound-store -n "__fish_truthound_store_using_subcommand list" -l store -d 'Store to use instead of a profile\'s: s3://BUCKET/PREFIX, postgresql://USER@HOST/DATABASE, sqlite:FILE, ./DIRECTORY, ...' -r
complete -c truthound-store -n "__fish_truthound_store_using_subcommand list" -s c -l config -d 'Configuration file' -r -F
complete -c truthound-store -n "__fish_truthound_store_using_subcommand list" -s n -l namespace -d 'Namespace to use instead of the profile\'s' -r
complete -c truthound-store -n "__fish_truthound_store_using_subcommand list" -s f -l format -d 'Output format' -r -f -a "table\t'Aligned columns for people'
json\t'One JSON value'
jsonl\t'One JSON value a line, as it arrives'"
complete -c truthound-store -n "__fish_truthound_store_using_subcommand list" -l color -d 'When to use colors' -r -f -a "auto\t'At a terminal, unless `NO_COLOR` is set'
always\t'Always'
never\t'Never'"
complete -c truthound-store -n "__fish_truthound_store_using_subcommand list" -l ascending -d 'Sort in ascending order: smallest or oldest first'
complete -c truthound-store -n "__fish_truthound_store_using_subcommand list" -l ids -d 'Print only run ids, one per line'
complete -c truthound-store -n "__fish_truthound_store_using_subcommand list" -l count -d 'Print the number of matching results; --limit and --offset are ignored'
complete -c truthound-store -n "__fish_truthound_store_using_subcommand list" -l show-tier -d 'Show the tier of each result; costs one request per result'
complete -c truthound-store -n "__fish_truthound_store_using_subcommand list" -s q -l quiet -d 'Show errors only'
complete -c truthound-store -n "__fish_truthound_store_using_subcommand list" -s v -l verbose -d 'Show each step; repeat for more'
complete -c truthound-store -n "__fish_truthound_store_using_subcommand list" -l no-progress -d 'Do not show progress'
complete -c truthound-store -n "__fish_truthound_store_using_subcommand list" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c truthound-store -n "__fish_truthound_store_using_subcommand ls" -l limit -d 'Maximum number of results' -r
complete -c truthound-store -n "__fish_truthound_store_using_subcommand ls" -l offset -d 'Skip the first N results' -r
complete -c truthound-store -n "__fish_truthound_store_using_subcommand ls" -l order-by -d 'Sort by this field' -r -f -a "run_time\t''
data_asset\t''
status\t''"
complete -c truthound-store -n "__fish_truthound_store_using_subcommand ls" -l asset -d 'Only results of this data asset; * stands for any characters, as in \'orders_*\', and [*] for an asterisk' -r
complete -c truthound-store -n "__fish_truthound_store_using_subcommand ls" -l status -d 'Only results with this status; repeat for several' -r -f -a "error\t''
failure\t''
success\t''
warning\t''"
complete -c truthound-store -n "__fish_truthound_store_using_subcommand ls" -l since -d 'Only runs at or after this time: RFC 3339, 2026-11-23, 2026-11, today, yesterday, seconds since 1970, or an age such as 12h, 7d or 1mo; without an offset, in the profile\'s time zone' -r
complete -c truthound-store -n "__fish_truthound_store_using_subcommand ls" -l until -d 'Only runs at or before this time; a date or a month is included to its end' -r
complete -c truthound-store -n "__fish_truthound_store_using_subcommand ls" -l tag -d 'Only results with this tag; repeat to require several' -r
complete -c truthound-store -n "__fish_truthound_store_using_subcommand ls" -s p -l profile -d 'Profile to use' -r
complete -c truthound-store -n "__fish_truthound_store_using_subcommand ls" -l store -d 'Store to use instead of a profile\'s: s3://BUCKET/PREFIX, postgresql://USER@HOST/DATABASE, sqlite:FILE, ./DIRECTORY, ...' -r
complete -c truthound-store -n "__fish_truthound_store_using_subcommand ls" -s c -l config -d 'Configuration file' -r -F
complete -c truthound-store -n "__fish_truthound_store_using_subcommand ls" -s n -l namespace -d 'Namespace to use instead of the profile\'s' -r
complete -c truthound-store -n "__fish_truthound_store_using_subcommand ls" -s f -l format -d 'Output format' -r -f -a "table\t'Aligned columns for people'
json\t'One JSON value'
jsonl\t'One JSON value a line, as it arrives'"
complete -c truthound-store -n "__fish_truthound_store_using_subcommand ls" -l color -d 'When to use colors' -r -f -a "auto\t'At a terminal, unless `NO_COLOR` is set'
always\t'Always'
never\t'Never'"
complete -c truthound-store -n "__fish_truthound_store_using_subcommand ls" -l ascending -d 'Sort in ascending order: smallest or oldest first'
complete -c truthound-store -n "__fish_truthound_store_using_subcommand ls" -l ids -d 'Print only run ids, one per line'
complete -c truthound-store -n "__fish_truthound_store_using_subcommand ls" -l count -d 'Print the number of matching results; --limit and --offset are ignored'
complete -c truthound-store -n "__fish_truthound_store_using_subcommand ls" -l show-tier -d 'Show the tier of each result; costs one request per result'
complete -c truthound-store -n "__fish_truthound_store_using_subcommand ls" -s q -l quiet -d 'Show errors only'
complete -c truthound-store -n "__fish_truthound_store_using_subcommand ls" -s v -l verbose -d 'Show each step; repeat for more'
complete -c truthound-store -n "__fish_truthound_store_using_subcommand ls" -l no-progress -d 'Do not show progress'
complete -c truthound-store -n "__fish_truthound_store_using_subcommand ls" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c truthound-store -n "__fish_truthound_store_using_subcommand delete" -l asset -d 'Only results of this data asset; * stands for any characters, as in \'orders_*\', and [*] for an asterisk' -r
complete -c truthound-store -n "__fish_truthound_store_using_subcommand delete" -l status -d 'Only results with this status; repeat for several' -r -f -a "error\t''
failure\t''
success\t''
warning\t''"
complete -c truthound-store -n "__fish_truthound_store_using_subcommand delete" -l since -d 'Only runs at or after this time: RFC 3339, 2026-11-23, 2026-11, today, yesterday, seconds since 1970, or an age such as 12h, 7d or 1mo; without an offset, in the profile\'s time zone' -r
complete -c truthound-store -n "__fish_truthound_store_using_subcommand delete" -l until -d 'Only runs at or before this time; a date or a month is included to its end' -r
complete -c truthound-store -n "__fish_truthound_store_using_subcommand delete" -l tag -d 'Only results with this tag; repeat to require several' -r
complete -c truthound-store -n "__fish_truthound_store_using_subcommand delete" -s p -l profile -d 'Profile to use' -r
complete -c truthound-store -n "__fish_truthound_store_using_subcommand delete" -l store -d 'Store to use instead of a profile\'s: s3://BUCKET/PREFIX, postgresql://USER@HOST/DATABASE, sqlite:FILE, ./DIRECTORY, ...' -r
complete -c truthound-store -n "__fish_truthound_store_using_subcommand delete" -s c -l config -d 'Configuration file' -r -F
complete -c truthound-store -n "__fish_truthound_store_using_subcommand delete" -s n -l namespace -d 'Namespace to use instead of the profile\'s' -r
complete -c truthound-store -n "__fish_truthound_store_using_subcommand delete" -s f -l format -d 'Output format' -r -f -a "table\t'Aligned columns for people'
json\t'One JSON value'
jsonl\t'One JSON value a line, as it arrives'"
complete -c truthound-store -n "__fish_truthound_store_using_subcommand delete" -l color -d 'When to use colors' -r -f -a "auto\t'At a terminal, unless `NO_COLOR` is set'
always\t'Always'
never\t'Never'"
complete -c truthound-store -n "__fish_truthound_store_using_subcommand delete" -l if-exists -d 'Do not fail for results that do not exist'
complete -c truthound-store -n "__fish_truthound_store_using_subcommand delete" -s y -l yes -d 'Do not ask for confirmation'
complete -c truthound-store -n "__fish_truthound_store_using_subcommand delete" -l dry-run -d 'Show the results that would be deleted, without deleting them'
complete -c truthound-store -n "__fish_truthound_store_using_subcommand delete" -s q -l quiet -d 'Show errors only'
complete -c truthound-store -n "__fish_truthound_store_using_subcommand delete" -s v -l verbose -d 'Show each step; repeat for more'
complete -c truthound-store -n "__fish_truthound_store_using_subcommand delete" -l no-progress -d 'Do not show progress'
complete -c truthound-store -n "__fish_truthound_store_using_subcommand delete" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c truthound-store -n "__fish_truthound_store_using_subcommand rm" -l asset -d 'Only results of this data asset; * stands for any characters, as in \'orders_*\', and [*] for an asterisk' -r
complete -c truthound-store -n "__fish_truthound_store_using_subcommand rm" -l status -d 'Only results with this status; repeat for several' -r -f -a "error\t''
failure\t''
success\t''
warning\t''"
complete -c truthound-store -n "__fish_truthound_store_using_subcommand rm" -l since -d 'Only runs at or after this time: RFC 3339, 2026-11-23, 2026-11, today, yesterday, seconds since 1970, or an age such as 12h, 7d or 1mo; without an offset, in the profile\'s time zone' -r
complete -c truthound-store -n "__fish_truthound_store_using_subcommand rm" -l until -d 'Only runs at or before this time; a date or a month is included to its end' -r
complete -c truthound-store -n "__fish_truthound_store_using_subcommand rm" -l tag -d 'Only results with this tag; repeat to require several' -r
complete -c truthound-store -n "__fish_truthound_store_using_subcommand rm" -s p -l profile -d 'Profile to use' -r
complete -c truthound-store -n "__fish_truthound_store_using_subcommand rm" -l store -d 'Store to use instead of a profile\'s: s3://BUCKET/PREFIX, postgresql://USER@HOST/DATABASE, sqlite:FILE, ./DIRECTORY, ...' -r
complete -c truthound-store -n "__fish_truthound_store_using_subcommand rm" -s c -l config -d 'Configuration file' -r -F
complete -c truthound-store -n "__fish_truthound_store_using_subcommand rm" -s n -l namespace -d 'Namespace to use instead of the profile\'s' -r
complete -c truthound-store -n "__fish_truthound_store_using_subcommand rm" -s f -l format -d 'Output format' -r -f -a "table\t'Aligned columns for people'
json\t'One JSON value'
jsonl\t'One JSON value a line, as it arrives'"
complete -c truthound-store -n "__fish_truthound_store_using_subcommand rm" -l color -d 'When to use colors' -r -f -a "auto\t'At a terminal, unless `NO_COLOR` is set'
always\t'Always'
never\t'Never'"
complete -c truthound-store -n "__fish_truthound_store_using_subcommand rm" -l if-exists -d 'Do not fail for results that do not exist'
complete -c truthound-store -n "__fish_truthound_store_using_subcommand rm" -s y -l yes -d 'Do not ask for confirmation'
complete -c truthound-store -n "__fish_truthound_store_using_subcommand rm" -l dry-run -d 'Show the results that would be deleted, without deleting them'
complete -c truthound-store -n "__fish_truthound_store_using_subcommand rm" -s q -l quiet -d 'Show errors only'
complete -c truthound-store -n "__fish_truthound_store_using_subcommand rm" -s v -l verbose -d 'Show each step; repeat for more'
complete -c truthound-store -n "__fish_truthound_store_using_subcommand rm" -l no-progress -d 'Do not show progress'
complete -c truthound-store -n "__fish_truthound_store_using_subcommand rm" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c truthound-store -n "__fish_truthound_store_using_subcommand set-tier" -l tier -d 'Tier to move to' -r
complete -c truthound-store -n "__fish_truthound_store_using_subcommand set-tier" -l asset -d 'Only results of this data asset; * stands for any characters, as in \'orders_*\', and [*] for an asterisk' -r
complete -c truthound-store -n "__fish_truthound_store_using_subcommand set-tier" -l status -d 'Only results with this status; repeat for several' -r -f -a "error\t''
failure\t''
success\t''
warning\t''"
complete -c truthound-store -n "__fish_truthound_store_using_subcommand set-tier" -l since -d 'Only runs at or after this time: RFC 3339, 2026-11-23, 2026-11, today, yesterday, seconds since 1970, or an age such as 12h, 7d or 1mo; without an offset, in the profile\'s time zone' -r
complete -c truthound-store -n "__fish_truthound_store_using_subcommand set-tier" -l until -d 'Only runs at or before this time; a date or a month is included to its end' -r
complete -c truthound-store -n "__fish_truthound_store_using_subcommand set-tier" -l tag -d 'Only results with this tag; repeat to require several' -r
complete -c truthound-store -n "__fish_truthound_store_using_subcommand set-tier" -s p -l profile -d 'Profile to use' -r
complete -c truthound-store -n "__fish_truthound_store_using_subcommand set-tier" -l store -d 'Store to use instead of a profile\'s: s3://BUCKET/PREFIX, postgresql://USER@HOST/DATABASE, sqlite:FILE, ./DIRECTORY, ...' -r
complete -c truthound-store -n "__fish_truthound_store_using_subcommand set-tier" -s c -l config -d 'Configuration file' -r -F
complete -c truthound-store -n "__fish_truthound_store_using_subcommand set-tier" -s n -l namespace -d 'Namespace to use instead of the profile\'s' -r
complete -c truthound-store -n "__fish_truthound_store_using_subcommand set-tier" -s f -l format -d 'Output format' -r -f -a "table\t'Aligned columns for people'
json\t'One JSON value'
jsonl\t'One JSON value a line, as it arrives'"
complete -c truthound-store -n "__fish_truthound_store_using_subcommand set-tier" -l color -d 'When to use colors' -r -f -a "auto\t'At a terminal, unless `NO_COLOR` is set'
always\t'Always'
never\t'Never'"
complete -c truthound-store -n "__fish_truthound_store_using_subcommand set-tier" -s y -l yes -d 'Do not ask for confirmation'
complete -c truthound-store -n "__fish_truthound_store_using_subcommand set-tier" -l dry-run -d 'Show the results that would be moved, without moving them'
complete -c truthound-store -n "__fish_truthound_store_using_subcommand set-tier" -s q -l quiet -d 'Show errors only'
complete -c truthound-store -n "__fish_truthound_store_using_subcommand set-tier" -s v -l verbose -d 'Show each step; repeat for more'
complete -c truthound-store -n "__fish_truthound_store_using_subcommand set-tier" -l no-progress -d 'Do not show progress'
complete -c truthound-store -n "__fish_truthound_store_using_subcommand set-tier" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c truthound-store -n "__fish_truthound_store_using_subcommand pool-status" -l watch -d 'Repeat every SECS seconds' -r
complete -c truthound-store -n "__fish_truthound_store_using_subcommand pool-status" -s p -l profile -d 'Profile to use' -r
complete -c truthound-store -n "__fish_truthound_store_using_subcommand pool-status" -l store -d 'Store to use instead of a profile\'s: s3://BUCKET/PREFIX, postgresql://USER@HOST/DATABASE, sqlite:FILE, ./DIRECTORY, ...' -r
complete -c truthound-store -n "__fish_truthound_store_using_subcommand pool-status" -s c -l config -d 'Configuration file' -r -F
complete -c truthound-store -n "__fish_truthound_store_using_subcommand pool-status" -s n -l namespace -d 'Namespace to use instead of the profile\'s' -r
complete -c truthound-store -n "__fish_truthound_store_using_subcommand pool-status" -s f -l format -d 'Output format' -r -f -a "table\t'Aligned columns for people'
json\t'One JSON value'
jsonl\t'One JSON value a line, as it arrives'"
complete -c truthound-store -n "__fish_truthound_store_using_subcommand pool-status" -l color -d 'When to use colors' -r -f -a "auto\t'At a terminal, unless `NO_COLOR` is set'
always\t'Always'
never\t'Never'"
complete -c truthound-store -n "__fish_truthound_store_using_subcommand pool-status" -l recycle -d 'Replace all connections first'
complete -c truthound-store -n "__fish_truthound_store_using_subcommand pool-status" -l reset-breaker -d 'Close the circuit breaker first'
complete -c truthound-store -n "__fish_truthound_store_using_subcommand pool-status" -s q -l quiet -d 'Show errors only'
complete -c truthound-store -n "__fish_truthound_store_using_subcommand pool-status" -s v -l verbose -d 'Show each step; repeat for more'
complete -c truthound-store -n "__fish_truthound_store_using_subcommand pool-status" -l no-progress -d 'Do not show progress'
complete -c truthound-store -n "__fish_truthound_store_using_subcommand pool-status" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c truthound-store -n "__fish_truthound_store_using_subcommand diff" -l asset -d 'Compare the newest run of this data asset' -r
complete -c truthound-store -n "__fish_truthound_store_using_subcommand diff" -l against -d 'Run to compare with: previous, last-success, or a run id' -r
complete -c truthound-store -n "__fish_truthound_store_using_subcommand diff" -l tolerance -d 'Growth of a count that is not worse: a number, or a share such as 10%' -r
complete -c truthound-store -n "__fish_truthound_store_using_subcommand diff" -s p -l profile -d 'Profile to use' -r
complete -c truthound-store -n "__fish_truthound_store_using_subcommand diff" -l store -d 'Store to use instead of a profile\'s: s3://BUCKET/PREFIX, postgresql://USER@HOST/DATABASE, sqlite:FILE, ./DIRECTORY, ...' -r
complete -c truthound-store -n "__fish_truthound_store_using_subcommand diff" -s c -l config -d 'Configuration file' -r -F
complete -c truthound-store -n "__fish_truthound_store_using_subcommand diff" -s n -l namespace -d 'Namespace to use instead of the profile\'s' -r
complete -c truthound-store -n "__fish_truthound_store_using_subcommand diff" -s f -l format -d 'Output format' -r -f -a "table\t'Aligned columns for people'
json\t'One JSON value'
jsonl\t'One JSON value a line, as it arrives'"
complete -c truthound-store -n "__fish_truthound_store_using_subcommand diff" -l color -d 'When to use colors' -r -f -a "auto\t'At a terminal, unless `NO_COLOR` is set'
always\t'Always'
never\t'Never'"
complete -c truthound-store -n "__fish_truthound_store_using_subcommand diff" -l exit-code -d 'Exit with 10 if a check is a new failure'
complete -c truthound-store -n "__fish_truthound_store_using_subcommand diff" -s q -l quiet -d 'Show errors only'
complete -c truthound-store -n "__fish_truthound_store_using_subcommand diff" -s v -l verbose -d 'Show each step; repeat for more'
complete -c truthound-store -n "__fish_truthound_store_using_subcommand diff" -l no-progress -d 'Do not show progress'
complete -c truthound-store -n "__fish_truthound_store_using_subcommand diff" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c truthound-store -n "__fish_truthound_store_using_subcommand history" -l last -d 'Number of runs of each data asset: the newest' -r
complete -c truthound-store -n "__fish_truthound_store_using_subcommand history" -l check -d 'Only checks whose name, such as unique[id], contains this text, or is this one; * stands for any characters' -r
complete -c truthound-store -n "__fish_truthound_store_using_subcommand history" -l asset -d 'Only results of this data asset; * stands for any characters, as in \'orders_*\', and [*] for an asterisk' -r
complete -c truthound-store -n "__fish_truthound_store_using_subcommand history" -l status -d 'Only results with this status; repeat for several' -r -f -a "error\t''
failure\t''
success\t''
warning\t''"
complete -c truthound-store -n "__fish_truthound_store_using_subcommand history" -l since -d 'Only runs at or after this time: RFC 3339, 2026-11-23, 2026-11, today, yesterday, seconds since 1970, or an age such as 12h, 7d or 1mo; without an offset, in the profile\'s time zone' -r
complete -c truthound-store -n "__fish_truthound_store_using_subcommand history" -l until -d 'Only runs at or before this time; a date or a month is included to its end' -r
complete -c truthound-store -n "__fish_truthound_store_using_subcommand history" -l tag -d 'Only results with this tag; repeat to require several' -r
complete -c truthound-store -n "__fish_truthound_store_using_subcommand history" -s p -l profile -d 'Profile to use' -r
complete -c truthound-store -n "__fish_truthound_store_using_subcommand history" -l store -d 'Store to use instead of a profile\'s: s3://BUCKET/PREFIX, postgresql://USER@HOST/DATABASE, sqlite:FILE, ./DIRECTORY, ...' -r
complete -c truthound-store -n "__fish_truthound_store_using_subcommand history" -s c -l config -d 'Configuration file' -r -F
complete -c truthound-store -n "__fish_truthound_store_using_subcommand history" -s n -l namespace -d 'Namespace to use instead of the profile\'s' -r
complete -c truthound-store -n "__fish_truthound_store_using_subcommand history" -s f -l format -d 'Output format' -r -f -a "table\t'Aligned columns for people'
json\t'One JSON value'
jsonl\t'One JSON value a line, as it arrives'"
complete -c truthound-store -n "__fish_truthound_store_using_subcommand history" -l color -d 'When to use colors' -r -f -a "auto\t'At a terminal, unless `NO_COLOR` is set'
always\t'Always'
never\t'Never'"
complete -c truthound-store -n "__fish_truthound_store_using_subcommand history" -l failing -d 'Only what failed or could not run in its newest run'
complete -c truthound-store -n "__fish_truthound_store_using_subcommand history" -l flaky -d 'Only what is flaky; with --failing, both'
complete -c truthound-store -n "__fish_truthound_store_using_subcommand history" -s q -l quiet -d 'Show errors only'
complete -c truthound-store -n "__fish_truthound_store_using_subcommand history" -s v -l verbose -d 'Show each step; repeat for more'
complete -c truthound-store -n "__fish_truthound_store_using_subcommand history" -l no-progress -d 'Do not show progress'
complete -c truthound-store -n "__fish_truthound_store_using_subcommand history" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c truthound-store -n "__fish_truthound_store_using_subcommand reindex" -s p -l profile -d 'Profile to use' -r
complete -c truthound-store -n "__fish_truthound_store_using_subcommand reindex" -l store -d 'Store to use instead of a profile\'s: s3://BUCKET/PREFIX, postgresql://USER@HOST/DATABASE, sqlite:FILE, ./DIRECTORY, ...' -r
complete -c truthound-store -n "__fish_truthound_store_using_subcommand reindex" -s c -l config -d 'Configuration file' -r -F
complete -c truthound-store -n "__fish_truthound_store_using_subcommand reindex" -s n -l namespace -d 'Namespace to use instead of the profile\'s' -r
complete -c truthound-store -n "__fish_truthound_store_using_subcommand reindex" -s f -l format -d 'Output format' -r -f -a "table\t'Aligned columns for people'
json\t'One JSON value'
jsonl\t'One JSON value a line, as it arrives'"
complete -c truthound-store -n "__fish_truthound_store_using_subcommand reindex" -l color -d 'When to use colors' -r -f -a "auto\t'At a terminal, unless `NO_COLOR` is set'
always\t'Always'
never\t'Never'"
complete -c truthound-store -n "__fish_truthound_store_using_subcommand reindex" -l python-index -d 'Also write Python\'s _index.json'
complete -c truthound-store -n "__fish_truthound_store_using_subcommand reindex" -l dry-run -d 'Show the differences without changing anything'
complete -c truthound-store -n "__fish_truthound_store_using_subcommand reindex" -s q -l quiet -d 'Show errors only'
complete -c truthound-store -n "__fish_truthound_store_using_subcommand reindex" -s v -l verbose -d 'Show each step; repeat for more'
complete -c truthound-store -n "__fish_truthound_store_using_subcommand reindex" -l no-progress -d 'Do not show progress'
complete -c truthound-store -n "__fish_truthound_store_using_subcommand reindex" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c truthound-store -n "__fish_truthound_store_using_subcommand verify" -l read -d 'Share of the documents to read, such as 10%, or all; the others are only looked for. Each call takes another sample' -r
complete -c truthound-store -n "__fish_truthound_store_using_subcommand verify" -l manifest -d 'Write the SHA-256 of every document to this file, for `sha256sum -c` in a directory that `get -o DIR` wrote' -r -F
complete -c truthound-store -n "__fish_truthound_store_using_subcommand verify" -l jobs -d 'Number of results verified at once' -r
complete -c truthound-store -n "__fish_truthound_store_using_subcommand verify" -l asset -d 'Only results of this data asset; * stands for any characters, as in \'orders_*\', and [*] for an asterisk' -r
complete -c truthound-store -n "__fish_truthound_store_using_subcommand verify" -l status -d 'Only results with this status; repeat for several' -r -f -a "error\t''
failure\t''
success\t''
warning\t''"
complete -c truthound-store -n "__fish_truthound_store_using_subcommand verify" -l since -d 'Only runs at or after this time: RFC 3339, 2026-11-23, 2026-11, today, yesterday, seconds since 1970, or an age such as 12h, 7d or 1mo; without an offset, in the profile\'s time zone' -r
complete -c truthound-store -n "__fish_truthound_store_using_subcommand verify" -l until -d 'Only runs at or before this time; a date or a month is included to its end' -r
complete -c truthound-store -n "__fish_truthound_store_using_subcommand verify" -l tag -d 'Only results with this tag; repeat to require several' -r
complete -c truthound-store -n "__fish_truthound_store_using_subcommand verify" -s p -l profile -d 'Profile to use' -r
complete -c truthound-store -n "__fish_truthound_store_using_subcommand verify" -l store -d 'Store to use instead of a profile\'s: s3://BUCKET/PREFIX, postgresql://USER@HOST/DATABASE, sqlite:FILE, ./DIRECTORY, ...' -r
complete -c truthound-store -n "__fish_truthound_store_using_subcommand verify" -s c -l config -d 'Configuration file' -r -F
complete -c truthound-store -n "__fish_truthound_store_using_subcommand verify" -s n -l namespace -d 'Namespace to use instead of the profile\'s' -r
complete -c truthound-store -n "__fish_truthound_store_using_subcommand verify" -s f -l format -d 'Output format' -r -f -a "table\t'Aligned columns for people'
json\t'One JSON value'
jsonl\t'One JSON value a line, as it arrives'"
complete -c truthound-store -n "__fish_truthound_store_using_subcommand verify" -l color -d 'When to use colors' -r -f -a "auto\t'At a terminal, unless `NO_COLOR` is set'
always\t'Always'
never\t'Never'"
complete -c truthound-store -n "__fish_truthound_store_using_subcommand verify" -s q -l quiet -d 'Show errors only'
complete -c truthound-store -n "__fish_truthound_store_using_subcommand verify" -s v -l verbose -d 'Show each step; repeat for more'
complete -c truthound-store -n "__fish_truthound_store_using_subcommand verify" -l no-progress -d 'Do not show progress'
complete -c truthound-store -n "__fish_truthound_store_using_subcommand verify" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c truthound-store -n "__fish_truthound_store_using_subcommand doctor" -s p -l profile -d 'Profile to use' -r
complete -c truthound-store -n "__fish_truthound_store_using_subcommand doctor" -l store -d 'Store to use instead of a profile\'s: s3://BUCKET/PREFIX, postgresql://USER@HOST/DATABASE, sqlite:FILE, ./DIRECTORY, ...' -r
complete -c truthound-store -n "__fish_truthound_store_using_subcommand doctor" -s c -l config -d 'Configuration file' -r -F
complete -c truthound-store -n "__fish_truthound_store_using_subcommand doctor" -s n -l namespace -d 'Namespace to use instead of the profile\'s' -r
complete -c truthound-store -n "__fish_truthound_store_using_subcommand doctor" -s f -l format -d 'Output format' -r -f -a "table\t'Aligned columns for people'
json\t'One JSON value'
jsonl\t'One JSON value a line, as it arrives'"
complete -c truthound-store -n "__fish_truthound_store_using_subcommand doctor" -l color -d 'When to use colors' -r -f -a "auto\t'At a terminal, unless `NO_COLOR` is set'
always\t'Always'
never\t'Never'"
complete -c truthound-store -n "__fish_truthound_store_using_subcommand doctor" -l all -d 'Check every profile of the configuration'
complete -c truthound-store -n "__fish_truthound_store_using_subcommand doctor" -l read-only -d 'Write nothing, not even for a moment'
complete -c truthound-store -n "__fish_truthound_store_using_subcommand doctor" -l policy -d 'Print the least permissions that the profile needs, in the form that its service takes, and check nothing'
complete -c truthound-store -n "__fish_truthound_store_using_subcommand doctor" -s q -l quiet -d 'Show errors only'
complete -c truthound-store -n "__fish_truthound_store_using_subcommand doctor" -s v -l verbose -d 'Show each step; repeat for more'
complete -c truthound-store -n "__fish_truthound_store_using_subcommand doctor" -l no-progress -d 'Do not show progress'
complete -c truthound-store -n "__fish_truthound_store_using_subcommand doctor" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c truthound-store -n "__fish_truthound_store_using_subcommand profiles" -s p -l profile -d 'Profile to use' -r
complete -c truthound-store -n "__fish_truthound_store_using_subcommand profiles" -l store -d 'Store to use instead of a profile\'s: s3://BUCKET/PREFIX, postgresql://USER@HOST/DATABASE, sqlite:FILE, ./DIRECTORY, ...' -r
complete -c truthound-store -n "__fish_truthound_store_using_subcommand profiles" -s c -l config -d 'Configuration file' -r -F
complete -c truthound-store -n "__fish_truthound_store_using_subcommand profiles" -s n -l namespace -d 'Namespace to use instead of the profile\'s' -r
complete -c truthound-store -n "__fish_truthound_store_using_subcommand profiles" -s f -l format -d 'Output format' -r -f -a "table\t'Aligned columns for people'
json\t'One JSON value'
jsonl\t'One JSON value a line, as it arrives'"
complete -c truthound-store -n "__fish_truthound_store_using_subcommand profiles" -l color -d 'When to use colors' -r -f -a "auto\t'At a terminal, unless `NO_COLOR` is set'
always\t'Always'
never\t'Never'"
complete -c truthound-store -n "__fish_truthound_store_using_subcommand profiles" -s q -l quiet -d 'Show errors only'
complete -c truthound-store -n "__fish_truthound_store_using_subcommand profiles" -s v -l verbose -d 'Show each step; repeat for more'
complete -c truthound-store -n "__fish_truthound_store_using_subcommand profiles" -l no-progress -d 'Do not show progress'
complete -c truthound-store -n "__fish_truthound_store_using_subcommand profiles" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c truthound-store -n "__fish_truthound_store_using_subcommand completions" -s p -l profile -d 'Profile to use' -r
complete -c truthound-store -n "__fish_truthound_store_using_subcommand completions" -l store -d 'Store to use instead of a profile\'s: s3://BUCKET/PREFIX, postgresql://USER@HOST/DATABASE, sqlite:FILE, ./DIRECTORY, ...' -r
complete -c truthound-store -n "__fish_truthound_store_using_subcommand completions" -s c -l config -d 'Configuration file' -r -F
complete -c truthound-store -n "__fish_truthound_store_using_subcommand completions" -s n -l namespace -d 'Namespace to use instead of the profile\'s' -r
complete -c truthound-store -n "__fish_truthound_store_using_subcommand completions" -s f -l format -d 'Output format' -r -f -a "table\t'Aligned columns for people'
json\t'One JSON value'
jsonl\t'One JSON value a line, as it arrives'"
complete -c truthound-store -n "__fish_truthound_store_using_subcommand completions" -l color -d 'When to use colors' -r -f -a "auto\t'At a terminal, unless `NO_COLOR` is set'
always\t'Always'
never\t'Never'"
complete -c truthound-store -n "__fish_truthound_store_using_subcommand completions" -s q -l quiet -d 'Show errors only'
complete -c truthound-store -n "__fish_truthound_store_using_subcommand completions" -s v -l verbose -d 'Show each step; repeat for more'
complete -c truthound-store -n "__fish_truthound_store_using_subcommand completions" -l no-progress -d 'Do not show progress'
complete -c truthound-store -n "__fish_truthound_store_using_subcommand completions" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c truthound-store -n "__fish_truthound_store_using_subcommand help; and not __fish_seen_subcommand_from save get list delete set-tier pool-status diff history reindex verify doctor profiles completions help" -f -a "save" -d 'Save validation results and print each run id on its own line'
complete -c truthound-store -n "__fish_truthound_store_using_subcommand help; and not __fish_seen_subcommand_from save get list delete set-tier pool-status diff history reindex verify doctor profiles completions help" -f -a "get" -d 'Print stored results, exactly as they were saved'
complete -c truthound-store -n "__fish_truthound_store_using_subcommand help; and not __fish_seen_subcommand_from save get list delete set-tier pool-status diff history reindex verify doctor profiles completions help" -f -a "list" -d 'List stored results, newest first'
complete -c truthound-store -n "__fish_truthound_store_using_subcommand help; and not __fish_seen_subcommand_from save get list delete set-tier pool-status diff history reindex verify doctor profiles completions help" -f -a "delete" -d 'Delete stored results, by run id or by filters'
complete -c truthound-store -n "__fish_truthound_store_using_subcommand help; and not __fish_seen_subcommand_from save get list delete set-tier pool-status diff history reindex verify doctor profiles completions help" -f -a "set-tier" -d 'Move stored results to another tier'
complete -c truthound-store -n "__fish_truthound_store_using_subcommand help; and not __fish_seen_subcommand_from save get list delete set-tier pool-status diff history reindex verify doctor profiles completions help" -f -a "pool-status" -d 'Show the connection pool, health and circuit breaker of a database'
complete -c truthound-store -n "__fish_truthound_store_using_subcommand help; and not __fish_seen_subcommand_from save get list delete set-tier pool-status diff history reindex verify doctor profiles completions help" -f -a "diff" -d 'Show what changed between two runs'
complete -c truthound-store -n "__fish_truthound_store_using_subcommand help; and not __fish_seen_subcommand_from save get list delete set-tier pool-status diff history reindex verify doctor profiles completions help" -f -a "history" -d 'Show the outcomes of checks over the newest runs'
complete -c truthound-store -n "__fish_truthound_store_using_subcommand help; and not __fish_seen_subcommand_from save get list delete set-tier pool-status diff history reindex verify doctor profiles completions help" -f -a "reindex" -d 'Rebuild the catalog from the stored documents'
complete -c truthound-store -n "__fish_truthound_store_using_subcommand help; and not __fish_seen_subcommand_from save get list delete set-tier pool-status diff history reindex verify doctor profiles completions help" -f -a "verify" -d 'Verify that stored results are there and undamaged'
complete -c truthound-store -n "__fish_truthound_store_using_subcommand help; and not __fish_seen_subcommand_from save get list delete set-tier pool-status diff history reindex verify doctor profiles completions help" -f -a "doctor" -d 'Check configuration, credentials, permissions and what the server promises'
complete -c truthound-store -n "__fish_truthound_store_using_subcommand help; and not __fish_seen_subcommand_from save get list delete set-tier pool-status diff history reindex verify doctor profiles completions help" -f -a "profiles" -d 'Show the configured profiles with their backends and locations'
complete -c truthound-store -n "__fish_truthound_store_using_subcommand help; and not __fish_seen_subcommand_from save get list delete set-tier pool-status diff history reindex verify doctor profiles completions help" -f -a "completions" -d 'Print a completion script'
complete -c truthound-store -n "__fish_truthound_store_using_subcommand help; and not __fish_seen_subcommand_from save get list delete set-tier pool-status diff history reindex verify doctor profiles completions help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'

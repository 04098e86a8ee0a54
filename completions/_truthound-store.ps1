
using namespace System.Management.Automation
using namespace System.Management.Automation.Language

Register-ArgumentCompleter -Native -CommandName 'truthound-store' -ScriptBlock {
    param($wordToComplete, $commandAst, $cursorPosition)

    $commandElements = $commandAst.CommandElements
    $command = @(
        'truthound-store'
        for ($i = 1; $i -lt $commandElements.Count; $i++) {
            $element = $commandElements[$i]
            if ($element -isnot [StringConstantExpressionAst] -or
                $element.StringConstantType -ne [StringConstantType]::BareWord -or
                $element.Value.StartsWith('-') -or
                $element.Value -eq $wordToComplete) {
                break
        }
        $element.Value
    }) -join ';'

    $completions = @(switch ($command) {
        'truthound-store' {
            [CompletionResult]::new('-p', '-p', [CompletionResultType]::ParameterName, 'Profile to use')
            [CompletionResult]::new('--profile', '--profile', [CompletionResultType]::ParameterName, 'Profile to use')
            [CompletionResult]::new('--store', '--store', [CompletionResultType]::ParameterName, 'Store to use instead of a profile''s: s3://BUCKET/PREFIX, postgresql://USER@HOST/DATABASE, sqlite:FILE, ./DIRECTORY, ...')
            [CompletionResult]::new('-c', '-c', [CompletionResultType]::ParameterName, 'Configuration file')
            [CompletionResult]::new('--config', '--config', [CompletionResultType]::ParameterName, 'Configuration file')
            [CompletionResult]::new('-n', '-n', [CompletionResultType]::ParameterName, 'Namespace to use instead of the profile''s')
            [CompletionResult]::new('--namespace', '--namespace', [CompletionResultType]::ParameterName, 'Namespace to use instead of the profile''s')
            [CompletionResult]::new('-f', '-f', [CompletionResultType]::ParameterName, 'Output format')
            [CompletionResult]::new('--format', '--format', [CompletionResultType]::ParameterName, 'Output format')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to use colors')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Show errors only')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Show errors only')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'Show each step; twice, requests, SQL statements, and where values come from too')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Show each step; twice, requests, SQL statements, and where values come from too')
            [CompletionResult]::new('--no-progress', '--no-progress', [CompletionResultType]::ParameterName, 'Do not show progress')
            [CompletionResult]::new('--no-pager', '--no-pager', [CompletionResultType]::ParameterName, 'Do not show long lists through a pager ($PAGER, or less)')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('-V', '-V ', [CompletionResultType]::ParameterName, 'Print version')
            [CompletionResult]::new('--version', '--version', [CompletionResultType]::ParameterName, 'Print version')
            [CompletionResult]::new('save', 'save', [CompletionResultType]::ParameterValue, 'Save validation results and print each run id on its own line')
            [CompletionResult]::new('get', 'get', [CompletionResultType]::ParameterValue, 'Print stored results, exactly as they were saved')
            [CompletionResult]::new('list', 'list', [CompletionResultType]::ParameterValue, 'List stored results, newest first')
            [CompletionResult]::new('ls', 'ls', [CompletionResultType]::ParameterValue, 'List stored results, newest first')
            [CompletionResult]::new('delete', 'delete', [CompletionResultType]::ParameterValue, 'Delete stored results, by run id or by filters')
            [CompletionResult]::new('rm', 'rm', [CompletionResultType]::ParameterValue, 'Delete stored results, by run id or by filters')
            [CompletionResult]::new('set-tier', 'set-tier', [CompletionResultType]::ParameterValue, 'Move stored results to another tier')
            [CompletionResult]::new('prune', 'prune', [CompletionResultType]::ParameterValue, 'Keep results by rules, and remove the others')
            [CompletionResult]::new('copy', 'copy', [CompletionResultType]::ParameterValue, 'Copy stored results to another store')
            [CompletionResult]::new('pool-status', 'pool-status', [CompletionResultType]::ParameterValue, 'Show the connection pool, health and circuit breaker of a database')
            [CompletionResult]::new('diff', 'diff', [CompletionResultType]::ParameterValue, 'Show what changed between two runs')
            [CompletionResult]::new('gate', 'gate', [CompletionResultType]::ParameterValue, 'Judge runs by rules, and exit with 10 if one is broken')
            [CompletionResult]::new('history', 'history', [CompletionResultType]::ParameterValue, 'Show the outcomes of checks over the newest runs')
            [CompletionResult]::new('report', 'report', [CompletionResultType]::ParameterValue, 'Write a static site about stored results')
            [CompletionResult]::new('reindex', 'reindex', [CompletionResultType]::ParameterValue, 'Rebuild the catalog from the stored documents')
            [CompletionResult]::new('verify', 'verify', [CompletionResultType]::ParameterValue, 'Verify that stored results are there and undamaged')
            [CompletionResult]::new('doctor', 'doctor', [CompletionResultType]::ParameterValue, 'Check configuration, credentials, permissions and what the server promises')
            [CompletionResult]::new('profiles', 'profiles', [CompletionResultType]::ParameterValue, 'Show the configured profiles with their backends and locations')
            [CompletionResult]::new('completions', 'completions', [CompletionResultType]::ParameterValue, 'Print a completion script')
            [CompletionResult]::new('complete', 'complete', [CompletionResultType]::ParameterValue, 'Print what a word of a command line can be, for the scripts of shells')
            [CompletionResult]::new('help', 'help', [CompletionResultType]::ParameterValue, 'Print this message or the help of the given subcommand(s)')
            break
        }
        'truthound-store;save' {
            [CompletionResult]::new('--run-id', '--run-id', [CompletionResultType]::ParameterName, 'Run id to use instead of the document''s')
            [CompletionResult]::new('--asset', '--asset', [CompletionResultType]::ParameterName, 'Data asset to use instead of the document''s')
            [CompletionResult]::new('--run-time', '--run-time', [CompletionResultType]::ParameterName, 'Run time to use instead of the document''s: now, mtime (of the file), or a time')
            [CompletionResult]::new('--split', '--split', [CompletionResultType]::ParameterName, 'Results to make of a document about several data assets')
            [CompletionResult]::new('--manifest', '--manifest', [CompletionResultType]::ParameterName, 'Manifest of the dbt project [default: the manifest.json beside the results]')
            [CompletionResult]::new('--redact', '--redact', [CompletionResultType]::ParameterName, 'Drop data from the documents, also from stored results, which are then not kept byte for byte: samples (values and rows that did not pass, compiled SQL, quotations in messages)')
            [CompletionResult]::new('--tag', '--tag', [CompletionResultType]::ParameterName, 'Add a tag; repeat for several')
            [CompletionResult]::new('--fail-on', '--fail-on', [CompletionResultType]::ParameterName, 'Exit with 10 if a saved result has this status or a worse one: warning, failure, error')
            [CompletionResult]::new('--jobs', '--jobs', [CompletionResultType]::ParameterName, 'Number of concurrent saves [default: 256 for databases and the disk, 8 for others]')
            [CompletionResult]::new('-p', '-p', [CompletionResultType]::ParameterName, 'Profile to use')
            [CompletionResult]::new('--profile', '--profile', [CompletionResultType]::ParameterName, 'Profile to use')
            [CompletionResult]::new('--store', '--store', [CompletionResultType]::ParameterName, 'Store to use instead of a profile''s: s3://BUCKET/PREFIX, postgresql://USER@HOST/DATABASE, sqlite:FILE, ./DIRECTORY, ...')
            [CompletionResult]::new('-c', '-c', [CompletionResultType]::ParameterName, 'Configuration file')
            [CompletionResult]::new('--config', '--config', [CompletionResultType]::ParameterName, 'Configuration file')
            [CompletionResult]::new('-n', '-n', [CompletionResultType]::ParameterName, 'Namespace to use instead of the profile''s')
            [CompletionResult]::new('--namespace', '--namespace', [CompletionResultType]::ParameterName, 'Namespace to use instead of the profile''s')
            [CompletionResult]::new('-f', '-f', [CompletionResultType]::ParameterName, 'Output format')
            [CompletionResult]::new('--format', '--format', [CompletionResultType]::ParameterName, 'Output format')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to use colors')
            [CompletionResult]::new('--if-absent', '--if-absent', [CompletionResultType]::ParameterName, 'Fail if the result already exists')
            [CompletionResult]::new('--skip-existing', '--skip-existing', [CompletionResultType]::ParameterName, 'Skip results that already exist, and say how many')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Show errors only')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Show errors only')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'Show each step; twice, requests, SQL statements, and where values come from too')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Show each step; twice, requests, SQL statements, and where values come from too')
            [CompletionResult]::new('--no-progress', '--no-progress', [CompletionResultType]::ParameterName, 'Do not show progress')
            [CompletionResult]::new('--no-pager', '--no-pager', [CompletionResultType]::ParameterName, 'Do not show long lists through a pager ($PAGER, or less)')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'truthound-store;get' {
            [CompletionResult]::new('-o', '-o', [CompletionResultType]::ParameterName, 'Write to this file, or to RUN_ID.json in this directory; a file appears complete or not at all')
            [CompletionResult]::new('--output', '--output', [CompletionResultType]::ParameterName, 'Write to this file, or to RUN_ID.json in this directory; a file appears complete or not at all')
            [CompletionResult]::new('--asset', '--asset', [CompletionResultType]::ParameterName, 'Only results of this data asset; * stands for any characters, as in ''orders_*'', and [*] for an asterisk')
            [CompletionResult]::new('--status', '--status', [CompletionResultType]::ParameterName, 'Only results with this status; repeat for several')
            [CompletionResult]::new('--since', '--since', [CompletionResultType]::ParameterName, 'Only runs at or after this time: RFC 3339, 2026-11-23, 2026-11, today, yesterday, seconds since 1970, or an age such as 12h, 7d or 1mo; without an offset, in the profile''s time zone')
            [CompletionResult]::new('--until', '--until', [CompletionResultType]::ParameterName, 'Only runs at or before this time; a date or a month is included to its end')
            [CompletionResult]::new('--older-than', '--older-than', [CompletionResultType]::ParameterName, 'Only runs that are older than this, such as 90d, 6mo or 1y; days and months are those of the profile''s time zone')
            [CompletionResult]::new('--tag', '--tag', [CompletionResultType]::ParameterName, 'Only results with this tag; repeat to require several')
            [CompletionResult]::new('-p', '-p', [CompletionResultType]::ParameterName, 'Profile to use')
            [CompletionResult]::new('--profile', '--profile', [CompletionResultType]::ParameterName, 'Profile to use')
            [CompletionResult]::new('--store', '--store', [CompletionResultType]::ParameterName, 'Store to use instead of a profile''s: s3://BUCKET/PREFIX, postgresql://USER@HOST/DATABASE, sqlite:FILE, ./DIRECTORY, ...')
            [CompletionResult]::new('-c', '-c', [CompletionResultType]::ParameterName, 'Configuration file')
            [CompletionResult]::new('--config', '--config', [CompletionResultType]::ParameterName, 'Configuration file')
            [CompletionResult]::new('-n', '-n', [CompletionResultType]::ParameterName, 'Namespace to use instead of the profile''s')
            [CompletionResult]::new('--namespace', '--namespace', [CompletionResultType]::ParameterName, 'Namespace to use instead of the profile''s')
            [CompletionResult]::new('-f', '-f', [CompletionResultType]::ParameterName, 'Output format')
            [CompletionResult]::new('--format', '--format', [CompletionResultType]::ParameterName, 'Output format')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to use colors')
            [CompletionResult]::new('--all', '--all', [CompletionResultType]::ParameterName, 'Show all checks, also those that passed')
            [CompletionResult]::new('--latest', '--latest', [CompletionResultType]::ParameterName, 'Print only the newest result that passes the filters')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Show errors only')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Show errors only')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'Show each step; twice, requests, SQL statements, and where values come from too')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Show each step; twice, requests, SQL statements, and where values come from too')
            [CompletionResult]::new('--no-progress', '--no-progress', [CompletionResultType]::ParameterName, 'Do not show progress')
            [CompletionResult]::new('--no-pager', '--no-pager', [CompletionResultType]::ParameterName, 'Do not show long lists through a pager ($PAGER, or less)')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'truthound-store;list' {
            [CompletionResult]::new('--limit', '--limit', [CompletionResultType]::ParameterName, 'Maximum number of results [default: 50 at a terminal, otherwise all]')
            [CompletionResult]::new('--offset', '--offset', [CompletionResultType]::ParameterName, 'Skip the first N results')
            [CompletionResult]::new('--order-by', '--order-by', [CompletionResultType]::ParameterName, 'Sort by this field')
            [CompletionResult]::new('--asset', '--asset', [CompletionResultType]::ParameterName, 'Only results of this data asset; * stands for any characters, as in ''orders_*'', and [*] for an asterisk')
            [CompletionResult]::new('--status', '--status', [CompletionResultType]::ParameterName, 'Only results with this status; repeat for several')
            [CompletionResult]::new('--since', '--since', [CompletionResultType]::ParameterName, 'Only runs at or after this time: RFC 3339, 2026-11-23, 2026-11, today, yesterday, seconds since 1970, or an age such as 12h, 7d or 1mo; without an offset, in the profile''s time zone')
            [CompletionResult]::new('--until', '--until', [CompletionResultType]::ParameterName, 'Only runs at or before this time; a date or a month is included to its end')
            [CompletionResult]::new('--older-than', '--older-than', [CompletionResultType]::ParameterName, 'Only runs that are older than this, such as 90d, 6mo or 1y; days and months are those of the profile''s time zone')
            [CompletionResult]::new('--tag', '--tag', [CompletionResultType]::ParameterName, 'Only results with this tag; repeat to require several')
            [CompletionResult]::new('-p', '-p', [CompletionResultType]::ParameterName, 'Profile to use')
            [CompletionResult]::new('--profile', '--profile', [CompletionResultType]::ParameterName, 'Profile to use')
            [CompletionResult]::new('--store', '--store', [CompletionResultType]::ParameterName, 'Store to use instead of a profile''s: s3://BUCKET/PREFIX, postgresql://USER@HOST/DATABASE, sqlite:FILE, ./DIRECTORY, ...')
            [CompletionResult]::new('-c', '-c', [CompletionResultType]::ParameterName, 'Configuration file')
            [CompletionResult]::new('--config', '--config', [CompletionResultType]::ParameterName, 'Configuration file')
            [CompletionResult]::new('-n', '-n', [CompletionResultType]::ParameterName, 'Namespace to use instead of the profile''s')
            [CompletionResult]::new('--namespace', '--namespace', [CompletionResultType]::ParameterName, 'Namespace to use instead of the profile''s')
            [CompletionResult]::new('-f', '-f', [CompletionResultType]::ParameterName, 'Output format')
            [CompletionResult]::new('--format', '--format', [CompletionResultType]::ParameterName, 'Output format')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to use colors')
            [CompletionResult]::new('--all', '--all', [CompletionResultType]::ParameterName, 'List all results, also at a terminal')
            [CompletionResult]::new('--ascending', '--ascending', [CompletionResultType]::ParameterName, 'Sort in ascending order: smallest or oldest first')
            [CompletionResult]::new('--ids', '--ids', [CompletionResultType]::ParameterName, 'Print only run ids, one per line')
            [CompletionResult]::new('--count', '--count', [CompletionResultType]::ParameterName, 'Print the number of matching results; --limit and --offset are ignored')
            [CompletionResult]::new('--show-tier', '--show-tier', [CompletionResultType]::ParameterName, 'Show the tier of each result; costs one request per result')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Show errors only')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Show errors only')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'Show each step; twice, requests, SQL statements, and where values come from too')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Show each step; twice, requests, SQL statements, and where values come from too')
            [CompletionResult]::new('--no-progress', '--no-progress', [CompletionResultType]::ParameterName, 'Do not show progress')
            [CompletionResult]::new('--no-pager', '--no-pager', [CompletionResultType]::ParameterName, 'Do not show long lists through a pager ($PAGER, or less)')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'truthound-store;ls' {
            [CompletionResult]::new('--limit', '--limit', [CompletionResultType]::ParameterName, 'Maximum number of results [default: 50 at a terminal, otherwise all]')
            [CompletionResult]::new('--offset', '--offset', [CompletionResultType]::ParameterName, 'Skip the first N results')
            [CompletionResult]::new('--order-by', '--order-by', [CompletionResultType]::ParameterName, 'Sort by this field')
            [CompletionResult]::new('--asset', '--asset', [CompletionResultType]::ParameterName, 'Only results of this data asset; * stands for any characters, as in ''orders_*'', and [*] for an asterisk')
            [CompletionResult]::new('--status', '--status', [CompletionResultType]::ParameterName, 'Only results with this status; repeat for several')
            [CompletionResult]::new('--since', '--since', [CompletionResultType]::ParameterName, 'Only runs at or after this time: RFC 3339, 2026-11-23, 2026-11, today, yesterday, seconds since 1970, or an age such as 12h, 7d or 1mo; without an offset, in the profile''s time zone')
            [CompletionResult]::new('--until', '--until', [CompletionResultType]::ParameterName, 'Only runs at or before this time; a date or a month is included to its end')
            [CompletionResult]::new('--older-than', '--older-than', [CompletionResultType]::ParameterName, 'Only runs that are older than this, such as 90d, 6mo or 1y; days and months are those of the profile''s time zone')
            [CompletionResult]::new('--tag', '--tag', [CompletionResultType]::ParameterName, 'Only results with this tag; repeat to require several')
            [CompletionResult]::new('-p', '-p', [CompletionResultType]::ParameterName, 'Profile to use')
            [CompletionResult]::new('--profile', '--profile', [CompletionResultType]::ParameterName, 'Profile to use')
            [CompletionResult]::new('--store', '--store', [CompletionResultType]::ParameterName, 'Store to use instead of a profile''s: s3://BUCKET/PREFIX, postgresql://USER@HOST/DATABASE, sqlite:FILE, ./DIRECTORY, ...')
            [CompletionResult]::new('-c', '-c', [CompletionResultType]::ParameterName, 'Configuration file')
            [CompletionResult]::new('--config', '--config', [CompletionResultType]::ParameterName, 'Configuration file')
            [CompletionResult]::new('-n', '-n', [CompletionResultType]::ParameterName, 'Namespace to use instead of the profile''s')
            [CompletionResult]::new('--namespace', '--namespace', [CompletionResultType]::ParameterName, 'Namespace to use instead of the profile''s')
            [CompletionResult]::new('-f', '-f', [CompletionResultType]::ParameterName, 'Output format')
            [CompletionResult]::new('--format', '--format', [CompletionResultType]::ParameterName, 'Output format')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to use colors')
            [CompletionResult]::new('--all', '--all', [CompletionResultType]::ParameterName, 'List all results, also at a terminal')
            [CompletionResult]::new('--ascending', '--ascending', [CompletionResultType]::ParameterName, 'Sort in ascending order: smallest or oldest first')
            [CompletionResult]::new('--ids', '--ids', [CompletionResultType]::ParameterName, 'Print only run ids, one per line')
            [CompletionResult]::new('--count', '--count', [CompletionResultType]::ParameterName, 'Print the number of matching results; --limit and --offset are ignored')
            [CompletionResult]::new('--show-tier', '--show-tier', [CompletionResultType]::ParameterName, 'Show the tier of each result; costs one request per result')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Show errors only')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Show errors only')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'Show each step; twice, requests, SQL statements, and where values come from too')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Show each step; twice, requests, SQL statements, and where values come from too')
            [CompletionResult]::new('--no-progress', '--no-progress', [CompletionResultType]::ParameterName, 'Do not show progress')
            [CompletionResult]::new('--no-pager', '--no-pager', [CompletionResultType]::ParameterName, 'Do not show long lists through a pager ($PAGER, or less)')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'truthound-store;delete' {
            [CompletionResult]::new('--asset', '--asset', [CompletionResultType]::ParameterName, 'Only results of this data asset; * stands for any characters, as in ''orders_*'', and [*] for an asterisk')
            [CompletionResult]::new('--status', '--status', [CompletionResultType]::ParameterName, 'Only results with this status; repeat for several')
            [CompletionResult]::new('--since', '--since', [CompletionResultType]::ParameterName, 'Only runs at or after this time: RFC 3339, 2026-11-23, 2026-11, today, yesterday, seconds since 1970, or an age such as 12h, 7d or 1mo; without an offset, in the profile''s time zone')
            [CompletionResult]::new('--until', '--until', [CompletionResultType]::ParameterName, 'Only runs at or before this time; a date or a month is included to its end')
            [CompletionResult]::new('--older-than', '--older-than', [CompletionResultType]::ParameterName, 'Only runs that are older than this, such as 90d, 6mo or 1y; days and months are those of the profile''s time zone')
            [CompletionResult]::new('--tag', '--tag', [CompletionResultType]::ParameterName, 'Only results with this tag; repeat to require several')
            [CompletionResult]::new('-p', '-p', [CompletionResultType]::ParameterName, 'Profile to use')
            [CompletionResult]::new('--profile', '--profile', [CompletionResultType]::ParameterName, 'Profile to use')
            [CompletionResult]::new('--store', '--store', [CompletionResultType]::ParameterName, 'Store to use instead of a profile''s: s3://BUCKET/PREFIX, postgresql://USER@HOST/DATABASE, sqlite:FILE, ./DIRECTORY, ...')
            [CompletionResult]::new('-c', '-c', [CompletionResultType]::ParameterName, 'Configuration file')
            [CompletionResult]::new('--config', '--config', [CompletionResultType]::ParameterName, 'Configuration file')
            [CompletionResult]::new('-n', '-n', [CompletionResultType]::ParameterName, 'Namespace to use instead of the profile''s')
            [CompletionResult]::new('--namespace', '--namespace', [CompletionResultType]::ParameterName, 'Namespace to use instead of the profile''s')
            [CompletionResult]::new('-f', '-f', [CompletionResultType]::ParameterName, 'Output format')
            [CompletionResult]::new('--format', '--format', [CompletionResultType]::ParameterName, 'Output format')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to use colors')
            [CompletionResult]::new('--if-exists', '--if-exists', [CompletionResultType]::ParameterName, 'Do not fail for results that do not exist')
            [CompletionResult]::new('-y', '-y', [CompletionResultType]::ParameterName, 'Do not ask for confirmation')
            [CompletionResult]::new('--yes', '--yes', [CompletionResultType]::ParameterName, 'Do not ask for confirmation')
            [CompletionResult]::new('--dry-run', '--dry-run', [CompletionResultType]::ParameterName, 'Show what would be done, without doing it')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Show errors only')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Show errors only')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'Show each step; twice, requests, SQL statements, and where values come from too')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Show each step; twice, requests, SQL statements, and where values come from too')
            [CompletionResult]::new('--no-progress', '--no-progress', [CompletionResultType]::ParameterName, 'Do not show progress')
            [CompletionResult]::new('--no-pager', '--no-pager', [CompletionResultType]::ParameterName, 'Do not show long lists through a pager ($PAGER, or less)')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'truthound-store;rm' {
            [CompletionResult]::new('--asset', '--asset', [CompletionResultType]::ParameterName, 'Only results of this data asset; * stands for any characters, as in ''orders_*'', and [*] for an asterisk')
            [CompletionResult]::new('--status', '--status', [CompletionResultType]::ParameterName, 'Only results with this status; repeat for several')
            [CompletionResult]::new('--since', '--since', [CompletionResultType]::ParameterName, 'Only runs at or after this time: RFC 3339, 2026-11-23, 2026-11, today, yesterday, seconds since 1970, or an age such as 12h, 7d or 1mo; without an offset, in the profile''s time zone')
            [CompletionResult]::new('--until', '--until', [CompletionResultType]::ParameterName, 'Only runs at or before this time; a date or a month is included to its end')
            [CompletionResult]::new('--older-than', '--older-than', [CompletionResultType]::ParameterName, 'Only runs that are older than this, such as 90d, 6mo or 1y; days and months are those of the profile''s time zone')
            [CompletionResult]::new('--tag', '--tag', [CompletionResultType]::ParameterName, 'Only results with this tag; repeat to require several')
            [CompletionResult]::new('-p', '-p', [CompletionResultType]::ParameterName, 'Profile to use')
            [CompletionResult]::new('--profile', '--profile', [CompletionResultType]::ParameterName, 'Profile to use')
            [CompletionResult]::new('--store', '--store', [CompletionResultType]::ParameterName, 'Store to use instead of a profile''s: s3://BUCKET/PREFIX, postgresql://USER@HOST/DATABASE, sqlite:FILE, ./DIRECTORY, ...')
            [CompletionResult]::new('-c', '-c', [CompletionResultType]::ParameterName, 'Configuration file')
            [CompletionResult]::new('--config', '--config', [CompletionResultType]::ParameterName, 'Configuration file')
            [CompletionResult]::new('-n', '-n', [CompletionResultType]::ParameterName, 'Namespace to use instead of the profile''s')
            [CompletionResult]::new('--namespace', '--namespace', [CompletionResultType]::ParameterName, 'Namespace to use instead of the profile''s')
            [CompletionResult]::new('-f', '-f', [CompletionResultType]::ParameterName, 'Output format')
            [CompletionResult]::new('--format', '--format', [CompletionResultType]::ParameterName, 'Output format')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to use colors')
            [CompletionResult]::new('--if-exists', '--if-exists', [CompletionResultType]::ParameterName, 'Do not fail for results that do not exist')
            [CompletionResult]::new('-y', '-y', [CompletionResultType]::ParameterName, 'Do not ask for confirmation')
            [CompletionResult]::new('--yes', '--yes', [CompletionResultType]::ParameterName, 'Do not ask for confirmation')
            [CompletionResult]::new('--dry-run', '--dry-run', [CompletionResultType]::ParameterName, 'Show what would be done, without doing it')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Show errors only')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Show errors only')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'Show each step; twice, requests, SQL statements, and where values come from too')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Show each step; twice, requests, SQL statements, and where values come from too')
            [CompletionResult]::new('--no-progress', '--no-progress', [CompletionResultType]::ParameterName, 'Do not show progress')
            [CompletionResult]::new('--no-pager', '--no-pager', [CompletionResultType]::ParameterName, 'Do not show long lists through a pager ($PAGER, or less)')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'truthound-store;set-tier' {
            [CompletionResult]::new('--tier', '--tier', [CompletionResultType]::ParameterName, 'Tier to move to')
            [CompletionResult]::new('--min-size', '--min-size', [CompletionResultType]::ParameterName, 'Leave out results with fewer stored bytes than this [default: those that the tier would bill as larger ones]')
            [CompletionResult]::new('--asset', '--asset', [CompletionResultType]::ParameterName, 'Only results of this data asset; * stands for any characters, as in ''orders_*'', and [*] for an asterisk')
            [CompletionResult]::new('--status', '--status', [CompletionResultType]::ParameterName, 'Only results with this status; repeat for several')
            [CompletionResult]::new('--since', '--since', [CompletionResultType]::ParameterName, 'Only runs at or after this time: RFC 3339, 2026-11-23, 2026-11, today, yesterday, seconds since 1970, or an age such as 12h, 7d or 1mo; without an offset, in the profile''s time zone')
            [CompletionResult]::new('--until', '--until', [CompletionResultType]::ParameterName, 'Only runs at or before this time; a date or a month is included to its end')
            [CompletionResult]::new('--older-than', '--older-than', [CompletionResultType]::ParameterName, 'Only runs that are older than this, such as 90d, 6mo or 1y; days and months are those of the profile''s time zone')
            [CompletionResult]::new('--tag', '--tag', [CompletionResultType]::ParameterName, 'Only results with this tag; repeat to require several')
            [CompletionResult]::new('-p', '-p', [CompletionResultType]::ParameterName, 'Profile to use')
            [CompletionResult]::new('--profile', '--profile', [CompletionResultType]::ParameterName, 'Profile to use')
            [CompletionResult]::new('--store', '--store', [CompletionResultType]::ParameterName, 'Store to use instead of a profile''s: s3://BUCKET/PREFIX, postgresql://USER@HOST/DATABASE, sqlite:FILE, ./DIRECTORY, ...')
            [CompletionResult]::new('-c', '-c', [CompletionResultType]::ParameterName, 'Configuration file')
            [CompletionResult]::new('--config', '--config', [CompletionResultType]::ParameterName, 'Configuration file')
            [CompletionResult]::new('-n', '-n', [CompletionResultType]::ParameterName, 'Namespace to use instead of the profile''s')
            [CompletionResult]::new('--namespace', '--namespace', [CompletionResultType]::ParameterName, 'Namespace to use instead of the profile''s')
            [CompletionResult]::new('-f', '-f', [CompletionResultType]::ParameterName, 'Output format')
            [CompletionResult]::new('--format', '--format', [CompletionResultType]::ParameterName, 'Output format')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to use colors')
            [CompletionResult]::new('--by-rules', '--by-rules', [CompletionResultType]::ParameterName, 'Apply the rules in the table [profiles.NAME.tiers]')
            [CompletionResult]::new('--all', '--all', [CompletionResultType]::ParameterName, 'Apply the rules of every profile with a table [profiles.NAME.tiers]')
            [CompletionResult]::new('-y', '-y', [CompletionResultType]::ParameterName, 'Do not ask for confirmation')
            [CompletionResult]::new('--yes', '--yes', [CompletionResultType]::ParameterName, 'Do not ask for confirmation')
            [CompletionResult]::new('--dry-run', '--dry-run', [CompletionResultType]::ParameterName, 'Show what would be done, without doing it')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Show errors only')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Show errors only')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'Show each step; twice, requests, SQL statements, and where values come from too')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Show each step; twice, requests, SQL statements, and where values come from too')
            [CompletionResult]::new('--no-progress', '--no-progress', [CompletionResultType]::ParameterName, 'Do not show progress')
            [CompletionResult]::new('--no-pager', '--no-pager', [CompletionResultType]::ParameterName, 'Do not show long lists through a pager ($PAGER, or less)')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'truthound-store;prune' {
            [CompletionResult]::new('--keep-last', '--keep-last', [CompletionResultType]::ParameterName, 'Keep the newest N results')
            [CompletionResult]::new('--keep-within', '--keep-within', [CompletionResultType]::ParameterName, 'Keep the results that are less than this older than the newest, such as 90d, 6mo or 1y')
            [CompletionResult]::new('--keep-daily', '--keep-daily', [CompletionResultType]::ParameterName, 'Keep the newest result of each of the last N days with a result, in the profile''s time zone')
            [CompletionResult]::new('--keep-weekly', '--keep-weekly', [CompletionResultType]::ParameterName, 'Keep the newest result of each of the last N weeks with a result; weeks begin on Monday')
            [CompletionResult]::new('--keep-monthly', '--keep-monthly', [CompletionResultType]::ParameterName, 'Keep the newest result of each of the last N months with a result')
            [CompletionResult]::new('--keep-yearly', '--keep-yearly', [CompletionResultType]::ParameterName, 'Keep the newest result of each of the last N years with a result')
            [CompletionResult]::new('--keep-changes', '--keep-changes', [CompletionResultType]::ParameterName, 'Keep each result in which a check changed its verdict, and the oldest; reads the documents')
            [CompletionResult]::new('--group-by', '--group-by', [CompletionResultType]::ParameterName, 'Apply the rules to each group of results that share these [default: asset]')
            [CompletionResult]::new('--max-delete', '--max-delete', [CompletionResultType]::ParameterName, 'Remove nothing if more results than this would go: a number, or a share such as 10%')
            [CompletionResult]::new('--asset', '--asset', [CompletionResultType]::ParameterName, 'Only results of this data asset; * stands for any characters, as in ''orders_*'', and [*] for an asterisk')
            [CompletionResult]::new('--status', '--status', [CompletionResultType]::ParameterName, 'Only results with this status; repeat for several')
            [CompletionResult]::new('--since', '--since', [CompletionResultType]::ParameterName, 'Only runs at or after this time: RFC 3339, 2026-11-23, 2026-11, today, yesterday, seconds since 1970, or an age such as 12h, 7d or 1mo; without an offset, in the profile''s time zone')
            [CompletionResult]::new('--until', '--until', [CompletionResultType]::ParameterName, 'Only runs at or before this time; a date or a month is included to its end')
            [CompletionResult]::new('--older-than', '--older-than', [CompletionResultType]::ParameterName, 'Only runs that are older than this, such as 90d, 6mo or 1y; days and months are those of the profile''s time zone')
            [CompletionResult]::new('--tag', '--tag', [CompletionResultType]::ParameterName, 'Only results with this tag; repeat to require several')
            [CompletionResult]::new('--archive-to', '--archive-to', [CompletionResultType]::ParameterName, 'Copy each result to the store of this profile before it is removed, and compare the copy with it')
            [CompletionResult]::new('--keep-tag', '--keep-tag', [CompletionResultType]::ParameterName, 'Keep the results with this tag, or with any value of it; repeat to keep those with any of several')
            [CompletionResult]::new('-p', '-p', [CompletionResultType]::ParameterName, 'Profile to use')
            [CompletionResult]::new('--profile', '--profile', [CompletionResultType]::ParameterName, 'Profile to use')
            [CompletionResult]::new('--store', '--store', [CompletionResultType]::ParameterName, 'Store to use instead of a profile''s: s3://BUCKET/PREFIX, postgresql://USER@HOST/DATABASE, sqlite:FILE, ./DIRECTORY, ...')
            [CompletionResult]::new('-c', '-c', [CompletionResultType]::ParameterName, 'Configuration file')
            [CompletionResult]::new('--config', '--config', [CompletionResultType]::ParameterName, 'Configuration file')
            [CompletionResult]::new('-n', '-n', [CompletionResultType]::ParameterName, 'Namespace to use instead of the profile''s')
            [CompletionResult]::new('--namespace', '--namespace', [CompletionResultType]::ParameterName, 'Namespace to use instead of the profile''s')
            [CompletionResult]::new('-f', '-f', [CompletionResultType]::ParameterName, 'Output format')
            [CompletionResult]::new('--format', '--format', [CompletionResultType]::ParameterName, 'Output format')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to use colors')
            [CompletionResult]::new('--all', '--all', [CompletionResultType]::ParameterName, 'Prune the store of every profile with a table [profiles.NAME.prune]')
            [CompletionResult]::new('--allow-empty', '--allow-empty', [CompletionResultType]::ParameterName, 'Remove all results of a group if no rule keeps any; needs a filter')
            [CompletionResult]::new('--results', '--results', [CompletionResultType]::ParameterName, 'Print a row per result, with the rules that keep it')
            [CompletionResult]::new('-y', '-y', [CompletionResultType]::ParameterName, 'Do not ask for confirmation')
            [CompletionResult]::new('--yes', '--yes', [CompletionResultType]::ParameterName, 'Do not ask for confirmation')
            [CompletionResult]::new('--dry-run', '--dry-run', [CompletionResultType]::ParameterName, 'Show what would be done, without doing it')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Show errors only')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Show errors only')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'Show each step; twice, requests, SQL statements, and where values come from too')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Show each step; twice, requests, SQL statements, and where values come from too')
            [CompletionResult]::new('--no-progress', '--no-progress', [CompletionResultType]::ParameterName, 'Do not show progress')
            [CompletionResult]::new('--no-pager', '--no-pager', [CompletionResultType]::ParameterName, 'Do not show long lists through a pager ($PAGER, or less)')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'truthound-store;copy' {
            [CompletionResult]::new('--from', '--from', [CompletionResultType]::ParameterName, 'Profile, or address of the store, to copy from [default: that of --profile or --store]')
            [CompletionResult]::new('--to', '--to', [CompletionResultType]::ParameterName, 'Profile, or address of the store, to copy to')
            [CompletionResult]::new('--to-namespace', '--to-namespace', [CompletionResultType]::ParameterName, 'Namespace to copy to [default: that of --namespace, or of the profile]')
            [CompletionResult]::new('--jobs', '--jobs', [CompletionResultType]::ParameterName, 'Number of concurrent copies [default: 256 to databases and the disk, 8 to others]')
            [CompletionResult]::new('--asset', '--asset', [CompletionResultType]::ParameterName, 'Only results of this data asset; * stands for any characters, as in ''orders_*'', and [*] for an asterisk')
            [CompletionResult]::new('--status', '--status', [CompletionResultType]::ParameterName, 'Only results with this status; repeat for several')
            [CompletionResult]::new('--since', '--since', [CompletionResultType]::ParameterName, 'Only runs at or after this time: RFC 3339, 2026-11-23, 2026-11, today, yesterday, seconds since 1970, or an age such as 12h, 7d or 1mo; without an offset, in the profile''s time zone')
            [CompletionResult]::new('--until', '--until', [CompletionResultType]::ParameterName, 'Only runs at or before this time; a date or a month is included to its end')
            [CompletionResult]::new('--tag', '--tag', [CompletionResultType]::ParameterName, 'Only results with this tag; repeat to require several')
            [CompletionResult]::new('-p', '-p', [CompletionResultType]::ParameterName, 'Profile to use')
            [CompletionResult]::new('--profile', '--profile', [CompletionResultType]::ParameterName, 'Profile to use')
            [CompletionResult]::new('--store', '--store', [CompletionResultType]::ParameterName, 'Store to use instead of a profile''s: s3://BUCKET/PREFIX, postgresql://USER@HOST/DATABASE, sqlite:FILE, ./DIRECTORY, ...')
            [CompletionResult]::new('-c', '-c', [CompletionResultType]::ParameterName, 'Configuration file')
            [CompletionResult]::new('--config', '--config', [CompletionResultType]::ParameterName, 'Configuration file')
            [CompletionResult]::new('-n', '-n', [CompletionResultType]::ParameterName, 'Namespace to use instead of the profile''s')
            [CompletionResult]::new('--namespace', '--namespace', [CompletionResultType]::ParameterName, 'Namespace to use instead of the profile''s')
            [CompletionResult]::new('-f', '-f', [CompletionResultType]::ParameterName, 'Output format')
            [CompletionResult]::new('--format', '--format', [CompletionResultType]::ParameterName, 'Output format')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to use colors')
            [CompletionResult]::new('--overwrite', '--overwrite', [CompletionResultType]::ParameterName, 'Replace other documents with the same run ids')
            [CompletionResult]::new('--move', '--move', [CompletionResultType]::ParameterName, 'Remove each result once its copy was read back and compared')
            [CompletionResult]::new('--results', '--results', [CompletionResultType]::ParameterName, 'Print a row per result that is copied or moved')
            [CompletionResult]::new('-y', '-y', [CompletionResultType]::ParameterName, 'Do not ask for confirmation before results are moved')
            [CompletionResult]::new('--yes', '--yes', [CompletionResultType]::ParameterName, 'Do not ask for confirmation before results are moved')
            [CompletionResult]::new('--dry-run', '--dry-run', [CompletionResultType]::ParameterName, 'Show what would be copied, without copying it')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Show errors only')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Show errors only')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'Show each step; twice, requests, SQL statements, and where values come from too')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Show each step; twice, requests, SQL statements, and where values come from too')
            [CompletionResult]::new('--no-progress', '--no-progress', [CompletionResultType]::ParameterName, 'Do not show progress')
            [CompletionResult]::new('--no-pager', '--no-pager', [CompletionResultType]::ParameterName, 'Do not show long lists through a pager ($PAGER, or less)')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'truthound-store;pool-status' {
            [CompletionResult]::new('--watch', '--watch', [CompletionResultType]::ParameterName, 'Repeat every SECS seconds')
            [CompletionResult]::new('-p', '-p', [CompletionResultType]::ParameterName, 'Profile to use')
            [CompletionResult]::new('--profile', '--profile', [CompletionResultType]::ParameterName, 'Profile to use')
            [CompletionResult]::new('--store', '--store', [CompletionResultType]::ParameterName, 'Store to use instead of a profile''s: s3://BUCKET/PREFIX, postgresql://USER@HOST/DATABASE, sqlite:FILE, ./DIRECTORY, ...')
            [CompletionResult]::new('-c', '-c', [CompletionResultType]::ParameterName, 'Configuration file')
            [CompletionResult]::new('--config', '--config', [CompletionResultType]::ParameterName, 'Configuration file')
            [CompletionResult]::new('-n', '-n', [CompletionResultType]::ParameterName, 'Namespace to use instead of the profile''s')
            [CompletionResult]::new('--namespace', '--namespace', [CompletionResultType]::ParameterName, 'Namespace to use instead of the profile''s')
            [CompletionResult]::new('-f', '-f', [CompletionResultType]::ParameterName, 'Output format')
            [CompletionResult]::new('--format', '--format', [CompletionResultType]::ParameterName, 'Output format')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to use colors')
            [CompletionResult]::new('--recycle', '--recycle', [CompletionResultType]::ParameterName, 'Replace all connections first')
            [CompletionResult]::new('--reset-breaker', '--reset-breaker', [CompletionResultType]::ParameterName, 'Close the circuit breaker first')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Show errors only')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Show errors only')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'Show each step; twice, requests, SQL statements, and where values come from too')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Show each step; twice, requests, SQL statements, and where values come from too')
            [CompletionResult]::new('--no-progress', '--no-progress', [CompletionResultType]::ParameterName, 'Do not show progress')
            [CompletionResult]::new('--no-pager', '--no-pager', [CompletionResultType]::ParameterName, 'Do not show long lists through a pager ($PAGER, or less)')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'truthound-store;diff' {
            [CompletionResult]::new('--asset', '--asset', [CompletionResultType]::ParameterName, 'Compare the newest run of this data asset')
            [CompletionResult]::new('--against', '--against', [CompletionResultType]::ParameterName, 'Run to compare with: previous, last-success, or a run id')
            [CompletionResult]::new('--tolerance', '--tolerance', [CompletionResultType]::ParameterName, 'Growth of a count that is not worse: a number, or a share such as 10%')
            [CompletionResult]::new('-p', '-p', [CompletionResultType]::ParameterName, 'Profile to use')
            [CompletionResult]::new('--profile', '--profile', [CompletionResultType]::ParameterName, 'Profile to use')
            [CompletionResult]::new('--store', '--store', [CompletionResultType]::ParameterName, 'Store to use instead of a profile''s: s3://BUCKET/PREFIX, postgresql://USER@HOST/DATABASE, sqlite:FILE, ./DIRECTORY, ...')
            [CompletionResult]::new('-c', '-c', [CompletionResultType]::ParameterName, 'Configuration file')
            [CompletionResult]::new('--config', '--config', [CompletionResultType]::ParameterName, 'Configuration file')
            [CompletionResult]::new('-n', '-n', [CompletionResultType]::ParameterName, 'Namespace to use instead of the profile''s')
            [CompletionResult]::new('--namespace', '--namespace', [CompletionResultType]::ParameterName, 'Namespace to use instead of the profile''s')
            [CompletionResult]::new('-f', '-f', [CompletionResultType]::ParameterName, 'Output format')
            [CompletionResult]::new('--format', '--format', [CompletionResultType]::ParameterName, 'Output format')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to use colors')
            [CompletionResult]::new('--exit-code', '--exit-code', [CompletionResultType]::ParameterName, 'Exit with 10 if a check is a new failure')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Show errors only')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Show errors only')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'Show each step; twice, requests, SQL statements, and where values come from too')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Show each step; twice, requests, SQL statements, and where values come from too')
            [CompletionResult]::new('--no-progress', '--no-progress', [CompletionResultType]::ParameterName, 'Do not show progress')
            [CompletionResult]::new('--no-pager', '--no-pager', [CompletionResultType]::ParameterName, 'Do not show long lists through a pager ($PAGER, or less)')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'truthound-store;gate' {
            [CompletionResult]::new('--asset', '--asset', [CompletionResultType]::ParameterName, 'Judge the newest run of this data asset; * stands for any characters; repeat for several')
            [CompletionResult]::new('--no-new-failures', '--no-new-failures', [CompletionResultType]::ParameterName, 'Refuse a check that fails and did not fail in the baseline')
            [CompletionResult]::new('--max-failures', '--max-failures', [CompletionResultType]::ParameterName, 'Refuse more failed checks than this')
            [CompletionResult]::new('--max-error-checks', '--max-error-checks', [CompletionResultType]::ParameterName, 'Refuse more checks that could not run than this')
            [CompletionResult]::new('--min-pass-rate', '--min-pass-rate', [CompletionResultType]::ParameterName, 'Refuse a smaller share of passed checks than this, in percent')
            [CompletionResult]::new('--max-age', '--max-age', [CompletionResultType]::ParameterName, 'Refuse a run that is older, such as 24h: the pipeline has stopped')
            [CompletionResult]::new('--severity', '--severity', [CompletionResultType]::ParameterName, 'Count only failures and errors of this severity or a worse one, and those without a severity')
            [CompletionResult]::new('--allow-gone', '--allow-gone', [CompletionResultType]::ParameterName, 'Do not count a check as failed that the baseline has and the run does not')
            [CompletionResult]::new('--require-baseline', '--require-baseline', [CompletionResultType]::ParameterName, 'Exit with 3 without a baseline; by default, a warning says so')
            [CompletionResult]::new('--tolerance', '--tolerance', [CompletionResultType]::ParameterName, 'Let --no-new-failures refuse a count, too, that grew by more than this: a number, or a share such as 10%')
            [CompletionResult]::new('--against', '--against', [CompletionResultType]::ParameterName, 'Baseline: previous, last-success, or a run id [default: last-success]')
            [CompletionResult]::new('--tag', '--tag', [CompletionResultType]::ParameterName, 'Take the newest run and its baseline from the runs with this tag; repeat to require several')
            [CompletionResult]::new('-p', '-p', [CompletionResultType]::ParameterName, 'Profile to use')
            [CompletionResult]::new('--profile', '--profile', [CompletionResultType]::ParameterName, 'Profile to use')
            [CompletionResult]::new('--store', '--store', [CompletionResultType]::ParameterName, 'Store to use instead of a profile''s: s3://BUCKET/PREFIX, postgresql://USER@HOST/DATABASE, sqlite:FILE, ./DIRECTORY, ...')
            [CompletionResult]::new('-c', '-c', [CompletionResultType]::ParameterName, 'Configuration file')
            [CompletionResult]::new('--config', '--config', [CompletionResultType]::ParameterName, 'Configuration file')
            [CompletionResult]::new('-n', '-n', [CompletionResultType]::ParameterName, 'Namespace to use instead of the profile''s')
            [CompletionResult]::new('--namespace', '--namespace', [CompletionResultType]::ParameterName, 'Namespace to use instead of the profile''s')
            [CompletionResult]::new('-f', '-f', [CompletionResultType]::ParameterName, 'Output format')
            [CompletionResult]::new('--format', '--format', [CompletionResultType]::ParameterName, 'Output format')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to use colors')
            [CompletionResult]::new('--all', '--all', [CompletionResultType]::ParameterName, 'Judge the newest run of each data asset')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Show errors only')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Show errors only')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'Show each step; twice, requests, SQL statements, and where values come from too')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Show each step; twice, requests, SQL statements, and where values come from too')
            [CompletionResult]::new('--no-progress', '--no-progress', [CompletionResultType]::ParameterName, 'Do not show progress')
            [CompletionResult]::new('--no-pager', '--no-pager', [CompletionResultType]::ParameterName, 'Do not show long lists through a pager ($PAGER, or less)')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'truthound-store;history' {
            [CompletionResult]::new('--last', '--last', [CompletionResultType]::ParameterName, 'Number of runs of each data asset: the newest')
            [CompletionResult]::new('--check', '--check', [CompletionResultType]::ParameterName, 'Only checks whose name, such as unique[id], contains this text, or is this one; * stands for any characters')
            [CompletionResult]::new('--asset', '--asset', [CompletionResultType]::ParameterName, 'Only results of this data asset; * stands for any characters, as in ''orders_*'', and [*] for an asterisk')
            [CompletionResult]::new('--status', '--status', [CompletionResultType]::ParameterName, 'Only results with this status; repeat for several')
            [CompletionResult]::new('--since', '--since', [CompletionResultType]::ParameterName, 'Only runs at or after this time: RFC 3339, 2026-11-23, 2026-11, today, yesterday, seconds since 1970, or an age such as 12h, 7d or 1mo; without an offset, in the profile''s time zone')
            [CompletionResult]::new('--until', '--until', [CompletionResultType]::ParameterName, 'Only runs at or before this time; a date or a month is included to its end')
            [CompletionResult]::new('--older-than', '--older-than', [CompletionResultType]::ParameterName, 'Only runs that are older than this, such as 90d, 6mo or 1y; days and months are those of the profile''s time zone')
            [CompletionResult]::new('--tag', '--tag', [CompletionResultType]::ParameterName, 'Only results with this tag; repeat to require several')
            [CompletionResult]::new('-p', '-p', [CompletionResultType]::ParameterName, 'Profile to use')
            [CompletionResult]::new('--profile', '--profile', [CompletionResultType]::ParameterName, 'Profile to use')
            [CompletionResult]::new('--store', '--store', [CompletionResultType]::ParameterName, 'Store to use instead of a profile''s: s3://BUCKET/PREFIX, postgresql://USER@HOST/DATABASE, sqlite:FILE, ./DIRECTORY, ...')
            [CompletionResult]::new('-c', '-c', [CompletionResultType]::ParameterName, 'Configuration file')
            [CompletionResult]::new('--config', '--config', [CompletionResultType]::ParameterName, 'Configuration file')
            [CompletionResult]::new('-n', '-n', [CompletionResultType]::ParameterName, 'Namespace to use instead of the profile''s')
            [CompletionResult]::new('--namespace', '--namespace', [CompletionResultType]::ParameterName, 'Namespace to use instead of the profile''s')
            [CompletionResult]::new('-f', '-f', [CompletionResultType]::ParameterName, 'Output format')
            [CompletionResult]::new('--format', '--format', [CompletionResultType]::ParameterName, 'Output format')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to use colors')
            [CompletionResult]::new('--failing', '--failing', [CompletionResultType]::ParameterName, 'Only what failed or could not run in its newest run')
            [CompletionResult]::new('--flaky', '--flaky', [CompletionResultType]::ParameterName, 'Only what is flaky; with --failing, both')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Show errors only')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Show errors only')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'Show each step; twice, requests, SQL statements, and where values come from too')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Show each step; twice, requests, SQL statements, and where values come from too')
            [CompletionResult]::new('--no-progress', '--no-progress', [CompletionResultType]::ParameterName, 'Do not show progress')
            [CompletionResult]::new('--no-pager', '--no-pager', [CompletionResultType]::ParameterName, 'Do not show long lists through a pager ($PAGER, or less)')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'truthound-store;report' {
            [CompletionResult]::new('-o', '-o', [CompletionResultType]::ParameterName, 'Directory of the site; it is created if it does not exist')
            [CompletionResult]::new('--output', '--output', [CompletionResultType]::ParameterName, 'Directory of the site; it is created if it does not exist')
            [CompletionResult]::new('--last', '--last', [CompletionResultType]::ParameterName, 'Number of runs of each data asset: the newest')
            [CompletionResult]::new('--asset', '--asset', [CompletionResultType]::ParameterName, 'Only results of this data asset; * stands for any characters, as in ''orders_*'', and [*] for an asterisk')
            [CompletionResult]::new('--status', '--status', [CompletionResultType]::ParameterName, 'Only results with this status; repeat for several')
            [CompletionResult]::new('--since', '--since', [CompletionResultType]::ParameterName, 'Only runs at or after this time: RFC 3339, 2026-11-23, 2026-11, today, yesterday, seconds since 1970, or an age such as 12h, 7d or 1mo; without an offset, in the profile''s time zone')
            [CompletionResult]::new('--until', '--until', [CompletionResultType]::ParameterName, 'Only runs at or before this time; a date or a month is included to its end')
            [CompletionResult]::new('--older-than', '--older-than', [CompletionResultType]::ParameterName, 'Only runs that are older than this, such as 90d, 6mo or 1y; days and months are those of the profile''s time zone')
            [CompletionResult]::new('--tag', '--tag', [CompletionResultType]::ParameterName, 'Only results with this tag; repeat to require several')
            [CompletionResult]::new('-p', '-p', [CompletionResultType]::ParameterName, 'Profile to use')
            [CompletionResult]::new('--profile', '--profile', [CompletionResultType]::ParameterName, 'Profile to use')
            [CompletionResult]::new('--store', '--store', [CompletionResultType]::ParameterName, 'Store to use instead of a profile''s: s3://BUCKET/PREFIX, postgresql://USER@HOST/DATABASE, sqlite:FILE, ./DIRECTORY, ...')
            [CompletionResult]::new('-c', '-c', [CompletionResultType]::ParameterName, 'Configuration file')
            [CompletionResult]::new('--config', '--config', [CompletionResultType]::ParameterName, 'Configuration file')
            [CompletionResult]::new('-n', '-n', [CompletionResultType]::ParameterName, 'Namespace to use instead of the profile''s')
            [CompletionResult]::new('--namespace', '--namespace', [CompletionResultType]::ParameterName, 'Namespace to use instead of the profile''s')
            [CompletionResult]::new('-f', '-f', [CompletionResultType]::ParameterName, 'Output format')
            [CompletionResult]::new('--format', '--format', [CompletionResultType]::ParameterName, 'Output format')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to use colors')
            [CompletionResult]::new('--rebuild', '--rebuild', [CompletionResultType]::ParameterName, 'Write every page, also those that are up to date')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Show errors only')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Show errors only')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'Show each step; twice, requests, SQL statements, and where values come from too')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Show each step; twice, requests, SQL statements, and where values come from too')
            [CompletionResult]::new('--no-progress', '--no-progress', [CompletionResultType]::ParameterName, 'Do not show progress')
            [CompletionResult]::new('--no-pager', '--no-pager', [CompletionResultType]::ParameterName, 'Do not show long lists through a pager ($PAGER, or less)')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'truthound-store;reindex' {
            [CompletionResult]::new('-p', '-p', [CompletionResultType]::ParameterName, 'Profile to use')
            [CompletionResult]::new('--profile', '--profile', [CompletionResultType]::ParameterName, 'Profile to use')
            [CompletionResult]::new('--store', '--store', [CompletionResultType]::ParameterName, 'Store to use instead of a profile''s: s3://BUCKET/PREFIX, postgresql://USER@HOST/DATABASE, sqlite:FILE, ./DIRECTORY, ...')
            [CompletionResult]::new('-c', '-c', [CompletionResultType]::ParameterName, 'Configuration file')
            [CompletionResult]::new('--config', '--config', [CompletionResultType]::ParameterName, 'Configuration file')
            [CompletionResult]::new('-n', '-n', [CompletionResultType]::ParameterName, 'Namespace to use instead of the profile''s')
            [CompletionResult]::new('--namespace', '--namespace', [CompletionResultType]::ParameterName, 'Namespace to use instead of the profile''s')
            [CompletionResult]::new('-f', '-f', [CompletionResultType]::ParameterName, 'Output format')
            [CompletionResult]::new('--format', '--format', [CompletionResultType]::ParameterName, 'Output format')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to use colors')
            [CompletionResult]::new('--python-index', '--python-index', [CompletionResultType]::ParameterName, 'Also write Python''s _index.json')
            [CompletionResult]::new('--dry-run', '--dry-run', [CompletionResultType]::ParameterName, 'Show the differences without changing anything')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Show errors only')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Show errors only')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'Show each step; twice, requests, SQL statements, and where values come from too')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Show each step; twice, requests, SQL statements, and where values come from too')
            [CompletionResult]::new('--no-progress', '--no-progress', [CompletionResultType]::ParameterName, 'Do not show progress')
            [CompletionResult]::new('--no-pager', '--no-pager', [CompletionResultType]::ParameterName, 'Do not show long lists through a pager ($PAGER, or less)')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'truthound-store;verify' {
            [CompletionResult]::new('--read', '--read', [CompletionResultType]::ParameterName, 'Share of the documents to read, such as 10%, or all; the others are only looked for. Each call takes another sample')
            [CompletionResult]::new('--manifest', '--manifest', [CompletionResultType]::ParameterName, 'Write the SHA-256 of every document to this file, for `sha256sum -c` in a directory that `get -o DIR` wrote')
            [CompletionResult]::new('--jobs', '--jobs', [CompletionResultType]::ParameterName, 'Number of results verified at once')
            [CompletionResult]::new('--asset', '--asset', [CompletionResultType]::ParameterName, 'Only results of this data asset; * stands for any characters, as in ''orders_*'', and [*] for an asterisk')
            [CompletionResult]::new('--status', '--status', [CompletionResultType]::ParameterName, 'Only results with this status; repeat for several')
            [CompletionResult]::new('--since', '--since', [CompletionResultType]::ParameterName, 'Only runs at or after this time: RFC 3339, 2026-11-23, 2026-11, today, yesterday, seconds since 1970, or an age such as 12h, 7d or 1mo; without an offset, in the profile''s time zone')
            [CompletionResult]::new('--until', '--until', [CompletionResultType]::ParameterName, 'Only runs at or before this time; a date or a month is included to its end')
            [CompletionResult]::new('--older-than', '--older-than', [CompletionResultType]::ParameterName, 'Only runs that are older than this, such as 90d, 6mo or 1y; days and months are those of the profile''s time zone')
            [CompletionResult]::new('--tag', '--tag', [CompletionResultType]::ParameterName, 'Only results with this tag; repeat to require several')
            [CompletionResult]::new('-p', '-p', [CompletionResultType]::ParameterName, 'Profile to use')
            [CompletionResult]::new('--profile', '--profile', [CompletionResultType]::ParameterName, 'Profile to use')
            [CompletionResult]::new('--store', '--store', [CompletionResultType]::ParameterName, 'Store to use instead of a profile''s: s3://BUCKET/PREFIX, postgresql://USER@HOST/DATABASE, sqlite:FILE, ./DIRECTORY, ...')
            [CompletionResult]::new('-c', '-c', [CompletionResultType]::ParameterName, 'Configuration file')
            [CompletionResult]::new('--config', '--config', [CompletionResultType]::ParameterName, 'Configuration file')
            [CompletionResult]::new('-n', '-n', [CompletionResultType]::ParameterName, 'Namespace to use instead of the profile''s')
            [CompletionResult]::new('--namespace', '--namespace', [CompletionResultType]::ParameterName, 'Namespace to use instead of the profile''s')
            [CompletionResult]::new('-f', '-f', [CompletionResultType]::ParameterName, 'Output format')
            [CompletionResult]::new('--format', '--format', [CompletionResultType]::ParameterName, 'Output format')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to use colors')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Show errors only')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Show errors only')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'Show each step; twice, requests, SQL statements, and where values come from too')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Show each step; twice, requests, SQL statements, and where values come from too')
            [CompletionResult]::new('--no-progress', '--no-progress', [CompletionResultType]::ParameterName, 'Do not show progress')
            [CompletionResult]::new('--no-pager', '--no-pager', [CompletionResultType]::ParameterName, 'Do not show long lists through a pager ($PAGER, or less)')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'truthound-store;doctor' {
            [CompletionResult]::new('-p', '-p', [CompletionResultType]::ParameterName, 'Profile to use')
            [CompletionResult]::new('--profile', '--profile', [CompletionResultType]::ParameterName, 'Profile to use')
            [CompletionResult]::new('--store', '--store', [CompletionResultType]::ParameterName, 'Store to use instead of a profile''s: s3://BUCKET/PREFIX, postgresql://USER@HOST/DATABASE, sqlite:FILE, ./DIRECTORY, ...')
            [CompletionResult]::new('-c', '-c', [CompletionResultType]::ParameterName, 'Configuration file')
            [CompletionResult]::new('--config', '--config', [CompletionResultType]::ParameterName, 'Configuration file')
            [CompletionResult]::new('-n', '-n', [CompletionResultType]::ParameterName, 'Namespace to use instead of the profile''s')
            [CompletionResult]::new('--namespace', '--namespace', [CompletionResultType]::ParameterName, 'Namespace to use instead of the profile''s')
            [CompletionResult]::new('-f', '-f', [CompletionResultType]::ParameterName, 'Output format')
            [CompletionResult]::new('--format', '--format', [CompletionResultType]::ParameterName, 'Output format')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to use colors')
            [CompletionResult]::new('--all', '--all', [CompletionResultType]::ParameterName, 'Check every profile of the configuration')
            [CompletionResult]::new('--read-only', '--read-only', [CompletionResultType]::ParameterName, 'Write nothing, not even for a moment')
            [CompletionResult]::new('--policy', '--policy', [CompletionResultType]::ParameterName, 'Print the least permissions that the profile needs, in the form that its service takes, and check nothing')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Show errors only')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Show errors only')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'Show each step; twice, requests, SQL statements, and where values come from too')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Show each step; twice, requests, SQL statements, and where values come from too')
            [CompletionResult]::new('--no-progress', '--no-progress', [CompletionResultType]::ParameterName, 'Do not show progress')
            [CompletionResult]::new('--no-pager', '--no-pager', [CompletionResultType]::ParameterName, 'Do not show long lists through a pager ($PAGER, or less)')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'truthound-store;profiles' {
            [CompletionResult]::new('-p', '-p', [CompletionResultType]::ParameterName, 'Profile to use')
            [CompletionResult]::new('--profile', '--profile', [CompletionResultType]::ParameterName, 'Profile to use')
            [CompletionResult]::new('--store', '--store', [CompletionResultType]::ParameterName, 'Store to use instead of a profile''s: s3://BUCKET/PREFIX, postgresql://USER@HOST/DATABASE, sqlite:FILE, ./DIRECTORY, ...')
            [CompletionResult]::new('-c', '-c', [CompletionResultType]::ParameterName, 'Configuration file')
            [CompletionResult]::new('--config', '--config', [CompletionResultType]::ParameterName, 'Configuration file')
            [CompletionResult]::new('-n', '-n', [CompletionResultType]::ParameterName, 'Namespace to use instead of the profile''s')
            [CompletionResult]::new('--namespace', '--namespace', [CompletionResultType]::ParameterName, 'Namespace to use instead of the profile''s')
            [CompletionResult]::new('-f', '-f', [CompletionResultType]::ParameterName, 'Output format')
            [CompletionResult]::new('--format', '--format', [CompletionResultType]::ParameterName, 'Output format')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to use colors')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Show errors only')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Show errors only')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'Show each step; twice, requests, SQL statements, and where values come from too')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Show each step; twice, requests, SQL statements, and where values come from too')
            [CompletionResult]::new('--no-progress', '--no-progress', [CompletionResultType]::ParameterName, 'Do not show progress')
            [CompletionResult]::new('--no-pager', '--no-pager', [CompletionResultType]::ParameterName, 'Do not show long lists through a pager ($PAGER, or less)')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'truthound-store;completions' {
            [CompletionResult]::new('-p', '-p', [CompletionResultType]::ParameterName, 'Profile to use')
            [CompletionResult]::new('--profile', '--profile', [CompletionResultType]::ParameterName, 'Profile to use')
            [CompletionResult]::new('--store', '--store', [CompletionResultType]::ParameterName, 'Store to use instead of a profile''s: s3://BUCKET/PREFIX, postgresql://USER@HOST/DATABASE, sqlite:FILE, ./DIRECTORY, ...')
            [CompletionResult]::new('-c', '-c', [CompletionResultType]::ParameterName, 'Configuration file')
            [CompletionResult]::new('--config', '--config', [CompletionResultType]::ParameterName, 'Configuration file')
            [CompletionResult]::new('-n', '-n', [CompletionResultType]::ParameterName, 'Namespace to use instead of the profile''s')
            [CompletionResult]::new('--namespace', '--namespace', [CompletionResultType]::ParameterName, 'Namespace to use instead of the profile''s')
            [CompletionResult]::new('-f', '-f', [CompletionResultType]::ParameterName, 'Output format')
            [CompletionResult]::new('--format', '--format', [CompletionResultType]::ParameterName, 'Output format')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to use colors')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Show errors only')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Show errors only')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'Show each step; twice, requests, SQL statements, and where values come from too')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Show each step; twice, requests, SQL statements, and where values come from too')
            [CompletionResult]::new('--no-progress', '--no-progress', [CompletionResultType]::ParameterName, 'Do not show progress')
            [CompletionResult]::new('--no-pager', '--no-pager', [CompletionResultType]::ParameterName, 'Do not show long lists through a pager ($PAGER, or less)')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'truthound-store;complete' {
            [CompletionResult]::new('-p', '-p', [CompletionResultType]::ParameterName, 'Profile to use')
            [CompletionResult]::new('--profile', '--profile', [CompletionResultType]::ParameterName, 'Profile to use')
            [CompletionResult]::new('--store', '--store', [CompletionResultType]::ParameterName, 'Store to use instead of a profile''s: s3://BUCKET/PREFIX, postgresql://USER@HOST/DATABASE, sqlite:FILE, ./DIRECTORY, ...')
            [CompletionResult]::new('-c', '-c', [CompletionResultType]::ParameterName, 'Configuration file')
            [CompletionResult]::new('--config', '--config', [CompletionResultType]::ParameterName, 'Configuration file')
            [CompletionResult]::new('-n', '-n', [CompletionResultType]::ParameterName, 'Namespace to use instead of the profile''s')
            [CompletionResult]::new('--namespace', '--namespace', [CompletionResultType]::ParameterName, 'Namespace to use instead of the profile''s')
            [CompletionResult]::new('-f', '-f', [CompletionResultType]::ParameterName, 'Output format')
            [CompletionResult]::new('--format', '--format', [CompletionResultType]::ParameterName, 'Output format')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to use colors')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Show errors only')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Show errors only')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'Show each step; twice, requests, SQL statements, and where values come from too')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Show each step; twice, requests, SQL statements, and where values come from too')
            [CompletionResult]::new('--no-progress', '--no-progress', [CompletionResultType]::ParameterName, 'Do not show progress')
            [CompletionResult]::new('--no-pager', '--no-pager', [CompletionResultType]::ParameterName, 'Do not show long lists through a pager ($PAGER, or less)')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'truthound-store;help' {
            [CompletionResult]::new('save', 'save', [CompletionResultType]::ParameterValue, 'Save validation results and print each run id on its own line')
            [CompletionResult]::new('get', 'get', [CompletionResultType]::ParameterValue, 'Print stored results, exactly as they were saved')
            [CompletionResult]::new('list', 'list', [CompletionResultType]::ParameterValue, 'List stored results, newest first')
            [CompletionResult]::new('delete', 'delete', [CompletionResultType]::ParameterValue, 'Delete stored results, by run id or by filters')
            [CompletionResult]::new('set-tier', 'set-tier', [CompletionResultType]::ParameterValue, 'Move stored results to another tier')
            [CompletionResult]::new('prune', 'prune', [CompletionResultType]::ParameterValue, 'Keep results by rules, and remove the others')
            [CompletionResult]::new('copy', 'copy', [CompletionResultType]::ParameterValue, 'Copy stored results to another store')
            [CompletionResult]::new('pool-status', 'pool-status', [CompletionResultType]::ParameterValue, 'Show the connection pool, health and circuit breaker of a database')
            [CompletionResult]::new('diff', 'diff', [CompletionResultType]::ParameterValue, 'Show what changed between two runs')
            [CompletionResult]::new('gate', 'gate', [CompletionResultType]::ParameterValue, 'Judge runs by rules, and exit with 10 if one is broken')
            [CompletionResult]::new('history', 'history', [CompletionResultType]::ParameterValue, 'Show the outcomes of checks over the newest runs')
            [CompletionResult]::new('report', 'report', [CompletionResultType]::ParameterValue, 'Write a static site about stored results')
            [CompletionResult]::new('reindex', 'reindex', [CompletionResultType]::ParameterValue, 'Rebuild the catalog from the stored documents')
            [CompletionResult]::new('verify', 'verify', [CompletionResultType]::ParameterValue, 'Verify that stored results are there and undamaged')
            [CompletionResult]::new('doctor', 'doctor', [CompletionResultType]::ParameterValue, 'Check configuration, credentials, permissions and what the server promises')
            [CompletionResult]::new('profiles', 'profiles', [CompletionResultType]::ParameterValue, 'Show the configured profiles with their backends and locations')
            [CompletionResult]::new('completions', 'completions', [CompletionResultType]::ParameterValue, 'Print a completion script')
            [CompletionResult]::new('complete', 'complete', [CompletionResultType]::ParameterValue, 'Print what a word of a command line can be, for the scripts of shells')
            [CompletionResult]::new('help', 'help', [CompletionResultType]::ParameterValue, 'Print this message or the help of the given subcommand(s)')
            break
        }
        'truthound-store;help;save' {
            break
        }
        'truthound-store;help;get' {
            break
        }
        'truthound-store;help;list' {
            break
        }
        'truthound-store;help;delete' {
            break
        }
        'truthound-store;help;set-tier' {
            break
        }
        'truthound-store;help;prune' {
            break
        }
        'truthound-store;help;copy' {
            break
        }
        'truthound-store;help;pool-status' {
            break
        }
        'truthound-store;help;diff' {
            break
        }
        'truthound-store;help;gate' {
            break
        }
        'truthound-store;help;history' {
            break
        }
        'truthound-store;help;report' {
            break
        }
        'truthound-store;help;reindex' {
            break
        }
        'truthound-store;help;verify' {
            break
        }
        'truthound-store;help;doctor' {
            break
        }
        'truthound-store;help;profiles' {
            break
        }
        'truthound-store;help;completions' {
            break
        }
        'truthound-store;help;complete' {
            break
        }
        'truthound-store;help;help' {
            break
        }
    })

    $completions.Where{ $_.CompletionText -like "$wordToComplete*" } |
        Sort-Object -Property ListItemText
}

export const GENERAL_HELP = `deltaic merges structured data that was edited in two places at once.

The data is tables of records. A record has named fields, and a field holds a value or a list. If both sides edited a
field, its resolution rule decides.

Usage
  deltaic merge <base> <local> <remote> [options]
  deltaic inspect <file, directory or address> [options]
  deltaic convert <file or directory> [options]
  deltaic serve [options]
  deltaic token <account> [options]
  deltaic migrate --postgres URL
  deltaic conformance <address> --secret FILE
  deltaic help [command]

Commands
  merge        merge two edits of one snapshot, and report every lost edit
  inspect      show what a file, a device's storage or a server holds, whether it is valid, and the size of each part
  convert      convert a file between JSON and the binary form, or export a datastore of a device's storage
  serve        run a server that devices sync with
  token        make a token with which an account can use a server
  migrate      bring the schema of a server's database up to date
  conformance  test a server against the specification of the wire
  help         show this help, or that of a command

Options
  -h, --help     show this help, or that of a command: deltaic merge --help
  --version      show the version

A file called - is the standard input.

Example
  deltaic merge base.json alice.json bob.json --rules rules.json

Exit status
  0   done
  1   there are conflicts, with merge --fail-on-conflict; or a case of conformance failed
  2   something is wrong with the input, or a file, a port or a database cannot be used: one line on stderr says what
      and where
  70  a defect of deltaic
`;

export const MERGE_HELP = `deltaic merge: merge two edits of one snapshot, and report every lost edit.

Usage
  deltaic merge <base> <local> <remote> [--rules FILE] [--out FILE] [--json | --quiet] [--fail-on-conflict]

Files (JSON or binary; - is the standard input)
  <base>     the snapshot that both sides began with: an array of rows. tid is the table, rowid the record.
               [{"tid": "chores", "rowid": "bins", "data": {"done": false, "who": "Alice"}}]
  <local>    the edits of one side.
  <remote>   the edits of the other side. Unless a rule says otherwise, remote wins.
             Each is an array of changes (I inserts, U updates and D deletes a record; P puts a field):
               [["U", "chores", "bins", {"done": ["P", true]}], ["D", "chores", "dishes"]]
             or the whole snapshot after the edits, in which deltaic finds the changes.
             An empty array means no changes. It does not mean that everything was deleted.

  In values a JSON number is a double. {"I":"123"} is a long, {"T":"0"} a date in milliseconds since 1970,
  {"B":"AQI"} bytes as URL-safe base64, {"N":"nan"} (or +inf, -inf, -0) a double that JSON cannot write.

Options
  --rules FILE         rules by table and field: {"chores": {"times": "sum"}}. A rule is one of
                         remote  the remote value wins (the default)      max  the greater value wins
                         local   the local value wins                     min  the smaller value wins
                         sum     both differences from the base are added to it
  --out FILE           write the merged rows to FILE, as JSON; - is the standard output, instead of the report
  --json               print one JSON object instead of the report:
                         rows         the merged snapshot
                         conflicts    each with table, record, field and index (of the item in the base) where
                                      they apply; rule; base, local, remote and result, which are values (null
                                      if absent) or the fields of a record; lost edits: side, field and ops
                         local        the changes from the snapshot of remote to the merged one
                         remote       the changes from the snapshot of local to the merged one
                         sizes        of base, local, remote and merged
                         unusedRules  rules for fields that are in no file
  --quiet              print no report
  --fail-on-conflict   exit with status 1 if there are conflicts, even if no edit was lost
  -h, --help           show this help

Indexes in lists, and positions in files, count from 0.

Example
  deltaic merge base.json alice.json bob.json --rules rules.json --out merged.json
`;

export const INSPECT_HELP = `deltaic inspect: show what a file holds, whether it is valid, and the size of each part.

Usage
  deltaic inspect <file> [--json | --quiet]
  deltaic inspect <directory> [--json | --quiet]
  deltaic inspect <address> [--datastore ID] [--token TOKEN] [--json | --quiet]

The file (- is the standard input) is JSON or binary: a snapshot (an array of rows) or a delta (an array of changes),
see deltaic merge --help. In the binary form it can also be a saved replica or a saved sequencer. Sizes are in bytes,
as the limits of a datastore count them. A snapshot is shown by table, record and field, and a delta by change and
operation. The size of a delta is given as it is in the file, and compressed: one change for each record. Whether a
delta fits a snapshot is not checked: deltaic merge does that. If the file is invalid, one line on stderr says what is
wrong and where, and the exit status is 2.

The directory is the storage of a device (deltaic/storage/lmdb), and no program may be using it. deltaic shows its
accounts, their datastores, what has not been sent, and whether every checksum is right. If something is damaged, the
exit status is 2. It cannot show the logs of a server.

The address is that of a server that runs, such as http://127.0.0.1:8484. deltaic shows the datastores of the account
that the token names, or one of them as it shows a snapshot.

Options
  --datastore ID   the datastore of a server
  --token TOKEN    the token for a server; else it is taken from DELTAIC_TOKEN, where others cannot see it
  --json           print one JSON object instead of the report
  --quiet          print no report: only check the file
  -h, --help       show this help

Examples
  deltaic inspect base.json
  deltaic inspect storage-directory
  deltaic inspect http://127.0.0.1:8484 --datastore default
`;

export const CONVERT_HELP = `deltaic convert: convert a snapshot or delta between JSON and the binary form.

Usage
  deltaic convert <file> [--to json|binary] [--as snapshot|delta] [--out FILE]
  deltaic convert <directory> [--account ID] [--datastore ID] [--to json|binary] [--out FILE]

The file (- is the standard input) is JSON or binary, see deltaic inspect --help. A delta is written compressed: one
change for each record. The binary form of a delta can hold the values that its changes overwrote. The JSON form cannot,
so they are lost.

The directory is the storage of a device, see deltaic inspect --help. deltaic writes a snapshot of one datastore: what
its user sees, including edits that were not sent.

Options
  --to FORMAT      json or binary. Without it, a file is converted to the other format, and a directory to json
  --as KIND        snapshot or delta: says what an empty JSON array is
  --account ID     the account, if the storage has several; "this device" for datastores without an account
  --datastore ID   the datastore, if the storage has several
  --out FILE       write to FILE instead of the standard output
  -h, --help       show this help

Examples
  deltaic convert base.json --out base.bin
  deltaic convert storage-directory --datastore default --out rows.json
`;

export const SERVE_HELP = `deltaic serve: run a server that devices sync with.

Usage
  deltaic serve [--data DIR | --memory | --postgres URL] [--secret FILE | --keys URL] [options]

Without options it listens on 127.0.0.1, keeps its logs in the directory deltaic-data, makes a secret there, and prints
its address and a token to try it with. It needs the package jose, and lmdb or pg unless --memory is given.

Where logs are kept
  --data DIR        in an LMDB environment in DIR (the default, with DIR deltaic-data); needs lmdb
  --memory          in memory: they are gone when the server ends
  --postgres URL    in PostgreSQL, for any number of servers; needs pg. Several hosts, as in postgres://me@one,two/logs,
                    are a database and its copies: the one that takes writes is used
  --listen URL      the address of the database itself, if --postgres names a pooler; none for polling alone
  --migrate         bring the schema of the database up to date first
  --keep N          entries of each log to keep behind its newest snapshot, at least; all unless given

Who may do what
  --secret FILE     the file with the secret that signs tokens (HS256), at least 32 bytes
  --keys URL        the address of an identity provider's public keys (JWKS), instead of a secret
  --editors-may-change-roles
                    let editors share a datastore, as its owner can
  --origin URLS     the origins of the pages that may use the server, such as https://app.example, with commas between
                    them; * is not possible

Network
  --port N          the port, 8484 unless given; 0 for any free port
  --host NAME       the address to listen on, 127.0.0.1 unless given
  --proxies N       how many proxies before the server name their client in X-Forwarded-For, 0 unless given

Limits
  --account-rate N    requests of an account a second, and ten seconds' worth at once; no limit unless given
  --address-rate N    the same for a network address
  --max-body N        MiB of a request, 4 unless given
  --max-time N        seconds until an answer, 30 unless given
  --max-watches N     open watches of an account, 100 unless given
  --max-concurrent N  requests in work at once, 256 unless given
  --max-queued N      requests that wait for that, 2000 unless given; others are asked to come back later
  --max-datastores N  datastores of an account, 1000 unless given
  --cache N           MiB of datastores in memory, 256 unless given

For operators
  --metrics-port N  serve /metrics for Prometheus on this port
  --log LEVEL       write JSON lines to stderr: info for every request, error for failures; needs pino
  -h, --help        show this help

A token names the account (claim sub), and may have a team (team) and the user's name (name). deltaic token makes one.

Example
  deltaic serve --data /var/lib/deltaic --port 8000
`;

export const TOKEN_HELP = `deltaic token: make a token with which an account can use a server.

Usage
  deltaic token <account> [--secret FILE] [--team NAME] [--name NAME] [--days N]

The token is printed on the standard output. A program passes it to the server, as getToken of httpLink does.

Options
  --secret FILE   the file with the secret of the server, deltaic-data/secret unless given
  --team NAME     the team of the account
  --name NAME     the name of the user
  --days N        the number of days for which the token is valid, 30 unless given
  -h, --help      show this help

Example
  deltaic token ann --name "Ann Lee"
`;

export const MIGRATE_HELP = `deltaic migrate: bring the schema of a server's database up to date.

Usage
  deltaic migrate --postgres URL

It makes the tables in an empty database, and does nothing if they are up to date. It changes everything or nothing, and
rejects a database that a newer version has migrated. Servers may run meanwhile. It needs the package pg.

Options
  --postgres URL   the address of the database
  -h, --help       show this help

Example
  deltaic migrate --postgres postgres://deltaic@localhost/deltaic
`;

export const CONFORMANCE_HELP = `deltaic conformance: test a server against the specification of the wire.

Usage
  deltaic conformance <address> --secret FILE [--only TEXT]

It makes tokens for four accounts whose names begin with "conformance-", creates datastores under ids that nobody has
used, and deletes them. Each case is a line, ok or FAIL with the reason. If a case fails, the exit status is 1. It
needs the package jose.

Options
  --secret FILE   the file with the secret of the server, which signs tokens (HS256)
  --only TEXT     only the cases that have TEXT in their names
  -h, --help      show this help

Example
  deltaic conformance http://127.0.0.1:8484 --secret deltaic-data/secret
`;

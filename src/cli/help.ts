export const GENERAL_HELP = `deltaic merges structured data that was edited in two places at once.

The data is tables of records, a record has named fields, a field holds a value or a list. A resolution rule for each
field decides when both sides edited it.

Usage
  deltaic merge <base> <local> <remote> [options]
  deltaic inspect <file or directory> [options]
  deltaic convert <file or directory> [options]
  deltaic serve [options]
  deltaic token <account> [options]
  deltaic help [command]

Commands
  merge      merge two edits of one snapshot, and report every lost edit
  inspect    show what a file holds, whether it is valid, and the size of each part
  convert    convert a file between JSON and the binary form
  serve      run a server that devices sync with
  token      make a token for an account of a server
  help       show this help, or that of a command

Options
  -h, --help     show this help, or that of a command: deltaic merge --help
  --version      show the version

A file called - is the standard input.

Example
  deltaic merge base.json alice.json bob.json --rules rules.json

Exit status
  0   done
  1   there are conflicts, with merge --fail-on-conflict
  2   something is wrong with the input: one line on stderr says what and where
  70  a defect of deltaic
`;

export const MERGE_HELP = `deltaic merge: merge two edits of one snapshot, and report every lost edit.

Usage
  deltaic merge <base> <local> <remote> [--rules FILE] [--out FILE] [--json | --quiet] [--fail-on-conflict]

Files (JSON or binary; - is the standard input)
  <base>     the snapshot that both sides began with, an array of rows:
               [{"tid": "chores", "rowid": "bins", "data": {"done": false, "who": "Alice"}}]
  <local>    what one side made of it.
  <remote>   what the other side made of it. If no rule says otherwise, remote wins: it was first in the log.
             Both are either an array of changes, I for insert, U for update, D for delete:
               [["U", "chores", "bins", {"done": ["P", true]}], ["D", "chores", "dishes"]]
             or the whole snapshot after the edit; deltaic then finds the changes.
             An empty array means no changes. It is not a snapshot in which everything was deleted.

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
                         conflicts    table, record, field and index (of the item in the base) where they apply;
                                      rule; base, local, remote and result, where null is an absent value,
                                      and a conflict about a record has its fields; lost: side, field and ops
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

The file (- is the standard input) is JSON or binary: a snapshot (an array of rows) or a delta (an array of changes),
see deltaic merge --help. In the binary form it can also be a saved replica or a saved sequencer. Sizes are in bytes,
as the limits of a datastore count them. A snapshot is shown by table, record and field, a delta by change and
operation, as it is in the file and compressed. A delta is checked by itself; use deltaic merge to see whether it fits
a snapshot. If the file is invalid, one line on stderr says what is wrong and where, and the exit status is 2.

A directory is the storage of a device (deltaic/storage/lmdb), which must not be in use. deltaic shows its accounts,
their datastores, what has not been sent, and whether every checksum is right. If something is damaged, the exit status
is 2.

Options
  --json       print one JSON object instead of the report
  --quiet      print no report: only check the file
  -h, --help   show this help

Example
  deltaic inspect base.json
`;

export const CONVERT_HELP = `deltaic convert: convert a snapshot or delta between JSON and the binary form.

Usage
  deltaic convert <file> [--to json|binary] [--as snapshot|delta] [--out FILE]
  deltaic convert <directory> [--account ID] [--datastore ID] [--to json|binary] [--out FILE]

The file (- is the standard input) is JSON or binary, see deltaic inspect --help. A delta is written in normal form. The
binary form of a delta can hold what its changes overwrote; the JSON form cannot, so this is lost.

A directory is the storage of a device, see deltaic inspect --help. What is written is a snapshot of one datastore: what
its user sees, with edits that were not sent.

Options
  --to FORMAT      json or binary; if not given, the format that the file does not have, or json for a directory
  --as KIND        snapshot or delta: what an empty JSON array is
  --account ID     the account, where the storage has several; an empty one for the datastores of the device alone
  --datastore ID   the datastore, where the account has several
  --out FILE       write to FILE instead of the standard output
  -h, --help       show this help

Example
  deltaic convert base.json --out base.bin
`;

export const SERVE_HELP = `deltaic serve: run a server that devices sync with.

Usage
  deltaic serve [--data DIR | --memory | --postgres URL] [--port N] [--host NAME] [--secret FILE | --keys URL]
                [--origin URL]

Without options it listens on 127.0.0.1, keeps its logs in deltaic-data, makes a secret there, and prints the address
and a token to try.

Options
  --data DIR       keep the logs in an LMDB environment in DIR (deltaic-data unless given); needs the package lmdb
  --memory         keep the logs in memory: they are gone when the server ends
  --postgres URL   keep the logs in PostgreSQL, for any number of servers; needs the package pg
  --migrate        bring the schema of the database up to date first
  --port N         the port, 8484 unless given; 0 for any that is free
  --host NAME      the address to listen on, 127.0.0.1 unless given
  --secret FILE    the file with the secret that signs tokens (HS256), at least 32 bytes
  --keys URL       where the public keys of an identity provider are (JWKS), instead of a secret
  --origin URL     an origin whose pages may use the server; * is not possible
  -h, --help       show this help

Tokens name the account (sub), and may name a team and the user's name. Needs the package jose.
`;

export const TOKEN_HELP = `deltaic token: make a token for an account of a server.

Usage
  deltaic token <account> [--secret FILE] [--team NAME] [--name NAME] [--days N]

Options
  --secret FILE   the secret of the server, deltaic-data/secret unless given
  --team NAME     the team of the account
  --name NAME     what the user is called
  --days N        how long the token is valid, 30 unless given
  -h, --help      show this help
`;

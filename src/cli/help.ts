export const GENERAL_HELP = `deltaic merges structured data that was edited in two places at once.

The data is tables of records, a record has named fields, a field holds a value or a list. A resolution rule for each
field says what becomes of two edits that meet.

Usage
  deltaic merge <base> <local> <remote> [--rules FILE] [--json] [--out FILE]
  deltaic inspect <file> [--json]

Commands
  merge      merge two edits of one snapshot, and report every edit that was lost
  inspect    say what a file holds, whether it is valid, and what each part weighs

Options
  -h, --help     show this help, or that of a command: deltaic merge --help
  --version      show the version

Example
  deltaic merge base.json alice.json bob.json --rules rules.json

Exit status
  0  done    1  a defect of deltaic itself    2  something is wrong with the input: one line says what and where
`;

export const MERGE_HELP = `deltaic merge: merge two edits of one snapshot, and report every edit that was lost.

Usage
  deltaic merge <base> <local> <remote> [--rules FILE] [--json] [--out FILE]

Files (JSON)
  <base>     the snapshot that both sides began with, an array of rows:
               [{"tid": "chores", "rowid": "bins", "data": {"done": false, "who": "Alice"}}]
  <remote>   what one side made of it. Where nothing else decides, remote wins: it was there first.
  <local>    what the other side made of it.
             Both are either an array of changes, I for insert, U for update, D for delete:
               [["U", "chores", "bins", {"done": ["P", true]}], ["D", "chores", "dishes"]]
             or the whole snapshot as it is after the edit; deltaic then finds the changes itself.
             An empty array is "no changes", not a snapshot in which everything was deleted.

  In values a JSON number is a double. {"I":"123"} is a long, {"T":"0"} a date in milliseconds since 1970,
  {"B":"AQI"} bytes as URL-safe base64, {"N":"nan"} (or +inf, -inf, -0) a double that JSON cannot write.

Options
  --rules FILE   rules by table and field, as in {"chores": {"times": "sum"}}. A rule is one of
                   remote  the remote value stands (where no rule is set)    max  the greater value stands
                   local   the local value stands                            min  the smaller value stands
                   sum     both differences from the base are added to it
  --out FILE     write the merged rows to FILE, as JSON
  --json         print one JSON object instead of the report:
                   rows         the merged snapshot
                   conflicts    table, record, field and index (of the item in the base) where they apply; rule; base,
                                local, remote and result, where a missing key is an absent value, and a conflict
                                without a field has the fields of a record there; lost: side, field and ops
                   local        the changes that bring remote's snapshot to the merged one
                   remote       the changes that bring local's snapshot to the merged one
                   sizes        of base, local, remote and merged
                   unusedRules  rules whose field none of the files has
  -h, --help     show this help

Indexes in lists, and positions in files, count from 0.

Example
  deltaic merge base.json alice.json bob.json --rules rules.json --out merged.json
`;

export const INSPECT_HELP = `deltaic inspect: say what a file holds, whether it is valid, and what each part weighs.

Usage
  deltaic inspect <file> [--json]

The file is a snapshot (an array of rows) or a delta (an array of changes): see deltaic merge --help. What it weighs is
counted in bytes as the limits of a datastore count it. For a snapshot it is shown by table, record and field, for a
delta by change and operation, as it stands in the file and compressed. A delta is checked on its own: whether it fits a
snapshot, merge tells. If the file is not valid, one line on stderr says what is wrong and where, and the exit status
is 2.

Options
  --json       print one JSON object instead of the report
  -h, --help   show this help

Example
  deltaic inspect base.json
`;

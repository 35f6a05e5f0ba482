import { serverConformance } from '../http/testing/index.js';
import { signToken } from '../server/tokens/index.js';
import { CommandError, type CommandIo, EXIT_STATUS, parseArguments, statusOf, usageError } from './command.js';
import { CONFORMANCE_HELP } from './help.js';
import { readSecret } from './secret.js';
import { countOf, safeText } from './text.js';

/** How long a case may take, in ms. A server that never tells what it should has failed. */
const CASE_TIME = 60_000;
/** How long the tokens last, in s. */
const TOKEN_SECONDS = 3_600;

/** Runs `deltaic conformance`. @returns the exit status. */
export function runConformanceCommand([, ...argv]: readonly string[], io: CommandIo): Promise<number> {
  return statusOf('conformance', io, async () => {
    const { files, flags, values } = parseArguments(argv, { secret: 'file', only: 'text' }, 'conformance');
    if (flags.has('help')) {
      io.stdout(CONFORMANCE_HELP);
      return EXIT_STATUS.done;
    }
    const [url = '', ...others] = files;
    const path = values.get('secret');
    if (!URL.canParse(url) || others.length > 0)
      throw usageError('conformance takes the address of one server', 'conformance');
    if (path === undefined) throw usageError('conformance needs --secret FILE, to make tokens', 'conformance');
    const secret = readSecret(path);
    const suite = serverConformance({
      url,
      tokenOf: ({ account, team, userName }, seconds = TOKEN_SECONDS) =>
        signToken(secret, { account, team, userName }, seconds),
    });
    const only = values.get('only') ?? '';
    const chosen = suite.filter(({ name }) => name.includes(only));
    if (chosen.length === 0) throw new CommandError(`deltaic conformance: no case has ${safeText(only)} in its name`);
    let failed = 0;
    for (const { name, run } of chosen) {
      const fault = await faultOf(run);
      if (fault !== undefined) failed++;
      io.stdout(fault === undefined ? `ok    ${name}\n` : `FAIL  ${name}: ${safeText(fault)}\n`);
    }
    io.stdout(`${countOf(chosen.length, 'case')}, ${failed} failed\n`);
    return failed === 0 ? EXIT_STATUS.done : EXIT_STATUS.failed;
  });
}

/** Why a case fails, if it does. */
async function faultOf(run: () => Promise<void>): Promise<string | undefined> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const late = new Promise<string>((resolve) => {
    timer = setTimeout(() => resolve(`nothing happened for ${CASE_TIME / 1000} s`), CASE_TIME);
  });
  const done = run().then(
    () => undefined,
    (error: unknown) => (error instanceof Error ? error.message : String(error)),
  );
  try {
    return await Promise.race([done, late]);
  } finally {
    clearTimeout(timer);
  }
}

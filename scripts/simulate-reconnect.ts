// Lets a fleet of devices come back to servers that were away, and shows how long that takes: see docs/scaling.md.

import { parseArgs } from 'node:util';
import { type FleetOptions, simulateReconnect } from '../test/server/reconnecting-fleet.js';

const HELP = `Usage: npx tsx scripts/simulate-reconnect.ts [options]

  --devices N        how many (default 1000000)
  --capacity N       how many all servers together can take back in a second (default 4000)
  --outage S         for how many seconds nobody answers (default 60)
  --patience S       how many seconds a device waits for an answer (default 30)
  --queue-limit S    how many seconds' worth of devices may wait before others are sent away; without it, all wait
  --retry-after S    for how many seconds a device is sent away then, and up to as much again (default 30)
  --seed N           of the jitter (default 1)
  --help             show this
`;

const { values } = parseArgs({
  options: {
    devices: { type: 'string', default: '1000000' },
    capacity: { type: 'string', default: '4000' },
    outage: { type: 'string', default: '60' },
    patience: { type: 'string', default: '30' },
    'queue-limit': { type: 'string' },
    'retry-after': { type: 'string', default: '30' },
    seed: { type: 'string', default: '1' },
    help: { type: 'boolean', default: false },
  },
});

if (values.help) console.log(HELP);
else {
  const limit = values['queue-limit'];
  const options: FleetOptions = {
    ...{ seed: Number(values.seed), devices: Number(values.devices), capacity: Number(values.capacity) },
    ...{ outage: Number(values.outage), patience: Number(values.patience) },
    ...(limit === undefined ? {} : { queueLimit: Number(limit), retryAfter: Number(values['retry-after']) }),
  };
  const { half, most, all, peak, attempts, wasted } = simulateReconnect(options);
  console.log(`half are back after ${half} s, 99 of 100 after ${most} s, and all after ${all} s`);
  console.log(`at most ${peak.toLocaleString('en')} attempts in a second; ${attempts.toFixed(1)} attempts a device`);
  console.log(`${(100 * wasted).toFixed(0)}% of what the servers did was for devices that had given up`);
}

import { HONEST_MACHINES } from '../machines.js';
import type { PlantedBug } from './planted-bug.js';

export const newestEntryLost: PlantedBug = {
  title: 'the newest entry lost when the sequencer restarts',
  machines: {
    ...HONEST_MACHINES,
    restoreSequencer: (snapshot, log, options) => {
      const kept = log.filter(({ rev }) => rev <= snapshot.rev || rev < snapshot.rev + log.length - 1);
      return HONEST_MACHINES.restoreSequencer(snapshot, kept, options);
    },
  },
};

// Run it with `npm run example:todo`.

import { tellStory } from './story.js';

await tellStory((line) => console.log(line));

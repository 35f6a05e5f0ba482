import { readdirSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { describe, expect, test } from 'vitest';
import { FAMILIES } from '../../spec/generator/families.js';
import { type Family, inputOf, textOfFamily } from '../../spec/generator/family.js';
import { arrayOf, type JsonObject, objectOf, textOf } from '../../spec/generator/json.js';

const folder = resolve(import.meta.dirname, '../../spec/vectors');
const schemas = join(folder, 'schemas');

function readText(file: string): string {
  return readFileSync(join(folder, file), 'utf8');
}

function casesOf({ file }: Family): JsonObject[] {
  return arrayOf(objectOf(JSON.parse(readText(file)))['cases']).map(objectOf);
}

/** All files of conversations have one schema. */
function schemaOf(file: string): string {
  return file.startsWith('sync-') ? 'conversations.schema.json' : file.replace(/\.json$/, '.schema.json');
}

describe('every vector file', () => {
  const ajv = new Ajv2020({ strict: true, strictTypes: false, strictTuples: false });
  for (const schema of readdirSync(schemas)) ajv.addSchema(JSON.parse(readFileSync(join(schemas, schema), 'utf8')));

  test('belongs to a family, and has a schema', () => {
    const files = FAMILIES.map(({ file }) => file).sort();
    const isVectorFile = (name: string): boolean => name.endsWith('.json');
    expect(readdirSync(folder).filter(isVectorFile).sort()).toEqual(files);
    expect(readdirSync(schemas).sort()).toEqual([...new Set(files.map(schemaOf)), 'common.schema.json'].sort());
  });

  for (const family of FAMILIES) {
    test(`follows its schema: ${family.file}`, () => {
      const isValid = ajv.validate(schemaOf(family.file), JSON.parse(readText(family.file)));
      expect(isValid, ajv.errorsText()).toBe(true);
    });

    test(`gives every case a name of its own: ${family.file}`, () => {
      const names = casesOf(family).map((vector) => textOf(vector['name']));
      expect(new Set(names).size).toBe(names.length);
    });
  }
});

describe('every case is what the engine answers, byte for byte', () => {
  for (const family of FAMILIES) {
    test(family.file, () => {
      if (textOfFamily(family) === readText(family.file)) return;
      // Which case it is.
      for (const vector of casesOf(family)) {
        const input = inputOf(family, vector);
        expect({ ...input, ...family.complete(input) }, textOf(vector['name'])).toEqual(vector);
      }
      expect.fail('the file is not what `npm run vectors` writes');
    });
  }
});

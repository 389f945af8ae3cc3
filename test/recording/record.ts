/** Makes the recording of uplinkctl in docs/, and its picture: node --import=tsx test/recording/record.ts */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { renderCast } from './cast.ts';
import { renderPicture } from './picture.ts';
import { recordSession } from './session.ts';

process.env['TZ'] = 'UTC';
const docs = join(import.meta.dirname, '../../docs');
const directory = mkdtempSync(join(tmpdir(), 'uplinkd-'));
const cast = await recordSession(directory);
rmSync(directory, { recursive: true, force: true });
writeFileSync(join(docs, 'uplinkctl.cast'), renderCast(cast));
writeFileSync(join(docs, 'uplinkctl.svg'), renderPicture(cast));

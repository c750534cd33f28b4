/* Reads a results file with the sqlite3 command, so that the page is compared with what anybody
 * would read there. */
import { execFileSync } from 'node:child_process';

export function select(database, sql) {
  const text = execFileSync('sqlite3', ['-readonly', '-json', database, sql], { encoding: 'utf8', maxBuffer: 1 << 28 });
  return text.trim() === '' ? [] : JSON.parse(text);
}

export function one(database, sql) {
  return select(database, sql)[0];
}

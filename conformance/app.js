// What the network of a mini-program promises, asked from inside: it needs nothing but `wx`. It prints one row for each rule, and fails by an
// uncaught error if one does not hold. README.md says what the host has to set up.

const { RULES, broken } = require('./run');

const PATIENCE = 20000;

async function all() {
  let count = 0;
  console.log('| id | rule | holds |');
  console.log('|---|---|---|');
  for (const [id, rule, check] of RULES) {
    const found = await broken(check, PATIENCE);
    if (found !== undefined) count += 1;
    console.log(`| ${id} | ${rule} | ${found === undefined ? 'yes' : `**no**: ${found}`} |`);
  }
  console.log(`${RULES.length - count} of ${RULES.length} hold`);
  if (count > 0) throw new Error(`${count} rules do not hold`);
}

all();

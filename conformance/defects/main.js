// Asks the rules that a defect breaks, on a host that has it: `host.args` names it. Without a name it says what there is.

const { RULES, broken } = require('./run');
const DEFECTS = Object.assign(
  {}, require('./defects/domains'), require('./defects/calls'), require('./defects/requests'), require('./defects/answers'), require('./defects/files'),
  require('./defects/sockets'),
);

// What stands for the host without a defect, and what is asked of it: whatever is found was found in vain.
const NONE = 'no defect';
const HONEST = { breaks: RULES.map(([id]) => id).join(' ') };

const PATIENCE = 5000;

// Characters of what was found.
const MOST = 200;

async function found({ breaks }) {
  for (const [id, rule, check] of RULES.filter(([one]) => breaks.split(' ').includes(one))) {
    const what = await broken(check, PATIENCE);
    if (what !== undefined) return `${id}, ${rule}: ${what}`;
  }
  return undefined;
}

async function main([name]) {
  if (name === undefined) {
    host.print(NONE);
    for (const one of Object.keys(DEFECTS)) host.print(one);
    return;
  }
  const defect = name === NONE ? HONEST : DEFECTS[name];
  if (!defect) throw new Error(`no such defect: ${name}`);
  require('./defects/host')(defect);
  const what = await found(defect);
  host.print(what === undefined ? `not found\t${name}` : `found\t${name}\t${what.slice(0, MOST)}`);
  host.exit(0);
}

main(host.args);

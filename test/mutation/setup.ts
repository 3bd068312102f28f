import fc from 'fast-check';

// A fixed seed, so that a mutant that one run kills is killed by the next.
fc.configureGlobal({ seed: 101 });

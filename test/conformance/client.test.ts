import { describe } from 'vitest';
import { client } from './endpoints.js';
import { testEveryCase } from './every-case.js';

describe('conformance of the client', () => {
  testEveryCase(client);
});

import { afterAll, describe } from 'vitest';
import { serverEndpoint } from './endpoints.js';
import { testEveryCase } from './every-case.js';

describe('conformance of the server', () => {
  const { endpoint, close } = serverEndpoint();
  afterAll(close);
  testEveryCase(endpoint);
});

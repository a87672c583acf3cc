import { authorityOf, bracketed, urlOf } from '../../../shared/address-text.js';

describe('an address as text', () => {
  it('has an IPv6 address in brackets', () => {
    expect(bracketed('::1')).toBe('[::1]');
    expect(authorityOf({ host: '::1', port: 8080 })).toBe('[::1]:8080');
    expect(urlOf({ protocol: 'http', host: '::1', port: 8080 })).toBe('http://[::1]:8080');
  });

  it('has names and IPv4 addresses as they are', () => {
    expect(bracketed('app.example')).toBe('app.example');
    expect(urlOf({ protocol: 'https', host: '10.0.0.1', port: 443 })).toBe('https://10.0.0.1:443');
  });
});

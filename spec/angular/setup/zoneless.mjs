import './dom.mjs';
import '@angular/compiler';
import { NgModule, provideZonelessChangeDetection } from '@angular/core';
import { getTestBed } from '@angular/core/testing';
import { BrowserTestingModule, platformBrowserTesting } from '@angular/platform-browser/testing';

// Angular 20, the lowest version that is promised, needs to be told; later ones do without zone.js by themselves.
const Zoneless = NgModule({ providers: [provideZonelessChangeDetection()] })(class {});
getTestBed().initTestEnvironment([BrowserTestingModule, Zoneless], platformBrowserTesting());

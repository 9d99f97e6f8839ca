// First: where there is a window, zone.js patches that one's timers and not the program's.
import 'zone.js';
import 'zone.js/testing';
import './dom.mjs';
import '@angular/compiler';
import { NgModule, provideZoneChangeDetection } from '@angular/core';
import { ComponentFixtureAutoDetect, getTestBed } from '@angular/core/testing';
import { BrowserTestingModule, platformBrowserTesting } from '@angular/platform-browser/testing';

const providers = [provideZoneChangeDetection(), { provide: ComponentFixtureAutoDetect, useValue: true }];
const Zoned = NgModule({ providers })(class {});
getTestBed().initTestEnvironment([BrowserTestingModule, Zoned], platformBrowserTesting());
